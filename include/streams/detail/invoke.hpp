// How functions of the user are called with values that may be null.
//
// A parameter `const T&` (or T) never sees null: a null there is a NullArgument. A parameter `const T*` or
// std::optional<T> does. Generic lambdas count as taking references.
#pragma once

#include <streams/errors.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace streams::detail {

[[noreturn]] void throw_null_argument();
[[noreturn]] void throw_null_function(const char* what);

/// An argument that the callee may look at.
template <class T>
struct In {
  using Ref = const T&;
  const std::optional<T>& value;
  Ref ref() const {
    if (!value) throw_null_argument();
    return *value;
  }
  const T* ptr() const { return value ? &*value : nullptr; }
  const std::optional<T>& opt() const { return value; }
};

/// An argument that the callee may take.
template <class T>
struct Take {
  using Ref = T&&;
  std::optional<T>& value;
  Ref ref() const {
    if (!value) throw_null_argument();
    return std::move(*value);
  }
  const T* ptr() const { return value ? &*value : nullptr; }
  std::optional<T> opt() const { return std::move(value); }
};

template <class A>
struct ArgValue;
template <class T>
struct ArgValue<In<T>> {
  using type = T;
};
template <class T>
struct ArgValue<Take<T>> {
  using type = T;
};

/// Converts to std::optional<T> and to nothing else.
template <class T>
struct OptionalProbe {
  operator std::optional<T>() const;  // NOLINT(google-explicit-constructor): that is what it is for
};

template <class F, class = void>
inline constexpr bool kHasOneSignature = std::is_pointer_v<F>;
template <class F>
inline constexpr bool kHasOneSignature<F, std::void_t<decltype(&F::operator())>> = true;

enum class Pass { kOptional, kReference, kPointer };

template <class A, Pass pass>
struct Passed;
template <class A>
struct Passed<A, Pass::kOptional> {
  using Probe = OptionalProbe<typename ArgValue<A>::type>;
  static decltype(auto) get(const A& a) { return a.opt(); }
};
template <class A>
struct Passed<A, Pass::kReference> {
  using Probe = typename A::Ref;
  static decltype(auto) get(const A& a) { return a.ref(); }
};
template <class A>
struct Passed<A, Pass::kPointer> {
  using Probe = const typename ArgValue<A>::type*;
  static decltype(auto) get(const A& a) { return a.ptr(); }
};

/// A choice of how to pass each argument; `Fits` says whether F takes them so.
template <class F, class... P>
struct Choice {
  static constexpr bool fits = std::is_invocable_v<F&, typename P::Probe...>;
};

template <class F, class Done, class... Rest>
struct FindChoice;
struct NoChoice {
  static constexpr bool found = false;
};
template <class... P>
struct Done {};

template <class F, class... P>
struct FindChoice<F, Done<P...>> {
  static constexpr bool found = Choice<F, P...>::fits;
  using Passing = Done<P...>;
};
template <class F, class... P, class A, class... Rest>
struct FindChoice<F, Done<P...>, A, Rest...> {
  template <Pass pass>
  using With = FindChoice<F, Done<P..., Passed<A, pass>>, Rest...>;

  template <bool first>
  static auto pick() {
    if constexpr (first) {
      if constexpr (kHasOneSignature<F>) {  // a generic lambda would be instantiated with the probe
        if constexpr (With<Pass::kOptional>::found) {
          return With<Pass::kOptional>{};
        } else {
          return pick<false>();
        }
      } else {
        return pick<false>();
      }
    } else if constexpr (With<Pass::kReference>::found) {
      return With<Pass::kReference>{};
    } else if constexpr (With<Pass::kPointer>::found) {
      return With<Pass::kPointer>{};
    } else {
      return NoChoice{};
    }
  }
  using Found = decltype(pick<true>());
  static constexpr bool found = Found::found;
  template <class X, class = void>
  struct PassingOf {
    using type = void;
  };
  template <class X>
  struct PassingOf<X, std::void_t<typename X::Passing>> {
    using type = typename X::Passing;
  };
  using Passing = typename PassingOf<Found>::type;
};

/// True if F can be called with these arguments (In<T> or Take<T>), in whatever way it takes each.
template <class F, class... A>
inline constexpr bool kCallable = FindChoice<F, Done<>, A...>::found;

template <class F, class... A, class... P>
decltype(auto) call_passing(F& f, Done<P...>, const A&... args) {
  return f(P::get(args)...);
}

template <class F, class... A>
decltype(auto) call(F& f, const A&... args) {
  return call_passing(f, typename FindChoice<F, Done<>, A...>::Passing{}, args...);
}

/// Calls f(key, rest...) or, if it does not take a key, f(rest...).
template <class F, class K, class... A>
inline constexpr bool kCallableWithKey = kCallable<F, In<K>, A...> || kCallable<F, A...>;

template <class F, class K, class... A>
decltype(auto) call_with_key(F& f, const std::optional<K>& key, const A&... args) {
  if constexpr (kCallable<F, In<K>, A...>) {
    return call(f, In<K>{key}, args...);
  } else {
    return call(f, args...);
  }
}

template <class T>
struct Unwrap {
  using type = T;
};
template <class T>
struct Unwrap<std::optional<T>> {
  using type = T;
};
/// The value type of a function's result: T for T and for std::optional<T>.
template <class T>
using Unwrapped = typename Unwrap<std::remove_cvref_t<T>>::type;

template <class F, class... A>
using CallResult = decltype(call(std::declval<F&>(), std::declval<const A&>()...));
template <class F, class K, class... A>
using CallWithKeyResult =
    decltype(call_with_key(std::declval<F&>(), std::declval<const std::optional<K>&>(), std::declval<const A&>()...));

/// Empty std::functions and null function pointers are refused where they are given.
template <class F>
void check_function(const F& f, const char* what) {
  if constexpr (std::is_constructible_v<bool, const F&> && !std::is_class_v<F>) {
    if (!f) throw_null_function(what);
  } else if constexpr (requires { f == nullptr; }) {
    if (f == nullptr) throw_null_function(what);
  }
}

}  // namespace streams::detail
