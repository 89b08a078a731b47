// What the user's functions give, checked where they are given with messages in the user's words.
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/steps.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace streams {
struct Named;
template <class K, class V>
struct Materialized;
}  // namespace streams

namespace streams::detail {

template <class F, class K, class... A>
constexpr auto with_key_result() {
  if constexpr (kCallableWithKey<F, K, A...>) {
    return std::type_identity<CallWithKeyResult<F, K, A...>>{};
  } else {
    return std::type_identity<void>{};
  }
}
/// What F gives for (key, A...) or for (A...); void if it takes neither.
template <class F, class K, class... A>
using WithKeyResult = typename decltype(with_key_result<F, K, A...>())::type;

template <class F, class... A>
constexpr auto plain_result() {
  if constexpr (kCallable<F, A...>) {
    return std::type_identity<CallResult<F, A...>>{};
  } else {
    return std::type_identity<void>{};
  }
}
template <class F, class... A>
using PlainResult = typename decltype(plain_result<F, A...>())::type;

template <class Pair>
concept PairLike = requires(Pair& pair) {
  pair.first;
  pair.second;
};

#define STREAMS_CHECK_FUNCTION(condition, text) static_assert(condition, "streams: " text)

template <class F, class K, class V>
struct PredicateOf {
  using Result = WithKeyResult<F, K, In<V>>;
  STREAMS_CHECK_FUNCTION(
      (std::is_constructible_v<bool, Result>),
      "a predicate takes (const V&) or (const K&, const V&) and gives bool; a parameter that may be null is "
      "const V* or std::optional<V>.");
};

template <class F, class K, class V>
struct ActionOf {
  STREAMS_CHECK_FUNCTION((kCallableWithKey<F, K, In<V>>), "an action takes (const V&) or (const K&, const V&).");
};

/// The value type that a mapper gives.
template <class F, class K, class Arg>
struct ValueOf {
  using Result = WithKeyResult<F, K, Arg>;
  STREAMS_CHECK_FUNCTION(
      (!std::is_void_v<Result>),
      "a mapper takes (const V&) or (const K&, const V&) and gives the new value, or std::optional of it.");
  using type = Unwrapped<Result>;
};

/// The key and value types of a function that gives a std::pair.
template <class F, class K, class Arg>
struct PairOf {
  using Result = WithKeyResult<F, K, Arg>;
  STREAMS_CHECK_FUNCTION(
      (PairLike<Result>),
      "the function takes (const V&) or (const K&, const V&) and gives std::pair of the new key and value.");
  template <class R>
  static auto key_of(int) -> Unwrapped<decltype(std::declval<R&>().first)>;
  template <class R>
  static auto key_of(...) -> int;
  template <class R>
  static auto value_of(int) -> Unwrapped<decltype(std::declval<R&>().second)>;
  template <class R>
  static auto value_of(...) -> int;
  using Key = decltype(key_of<Result>(0));
  using Value = decltype(value_of<Result>(0));
};

template <class F, class K, class V>
struct RangeOf {
  using Result = WithKeyResult<F, K, In<V>>;
  template <class R>
  static auto element_of(int) -> std::type_identity<ElementOf<R>>;
  template <class R>
  static auto element_of(...) -> std::type_identity<void>;
  using Element = typename decltype(element_of<Result>(0))::type;
  STREAMS_CHECK_FUNCTION(
      (!std::is_void_v<Element>),
      "the function takes (const V&) or (const K&, const V&) and gives a range, for example a std::vector.");
};

/// The pairs of a range of pairs.
template <class F, class K, class V>
struct PairRangeOf {
  using Element = typename RangeOf<F, K, V>::Element;
  STREAMS_CHECK_FUNCTION((PairLike<Element>),
                         "flat_map() takes a function that gives a range of std::pair of key and value.");
  using Key = Unwrapped<decltype(std::declval<Element&>().first)>;
  using Value = Unwrapped<decltype(std::declval<Element&>().second)>;
};

template <class F, class K, class L, class R>
struct JoinedValueOf {
  using Result = WithKeyResult<F, K, In<L>, In<R>>;
  STREAMS_CHECK_FUNCTION(
      (!std::is_void_v<Result>),
      "a joiner takes (const Left&, const Right&) or (const K&, const Left&, const Right&) and gives the joined "
      "value; a side that may be missing is const Right* or std::optional<Right>.");
  using type = Unwrapped<Result>;
};

template <class F, class K, class V, class KO>
struct ForeignKeyOf {
  using Result = WithKeyResult<F, K, In<V>>;
  STREAMS_CHECK_FUNCTION(
      (std::is_constructible_v<std::optional<KO>, Result>),
      "a foreign-key extractor takes (const V&) or (const K&, const V&) and gives a key of the other table, or "
      "std::optional of it.");
};

/// As JoinedValueOf; options in the place of the joiner mean a call of another overload.
template <class F, class K, class L, class R>
struct ForeignJoinedValueOf : JoinedValueOf<F, K, L, R> {};
template <class K, class L, class R>
struct ForeignJoinedValueOf<Named, K, L, R> {};
template <class K1, class V1, class K, class L, class R>
struct ForeignJoinedValueOf<Materialized<K1, V1>, K, L, R> {};

template <class F, class V>
struct ReducerOf {
  using Result = PlainResult<F, In<V>, In<V>>;
  STREAMS_CHECK_FUNCTION((std::is_constructible_v<std::optional<V>, Result>),
                         "a reducer takes (const V&, const V&) and gives a V.");
};

template <class Init, class Add, class K, class V>
struct AggregateOf {
  STREAMS_CHECK_FUNCTION((std::is_invocable_v<Init&>), "an initializer takes nothing and gives the first aggregate.");
  using Result = std::invoke_result_t<Init&>;
  using type = Unwrapped<Result>;
  STREAMS_CHECK_FUNCTION((std::is_constructible_v<std::optional<type>, PlainResult<Add, In<K>, In<V>, Take<type>>>),
                         "an aggregator takes (const K&, const V&, Aggregate) and gives the new aggregate.");
};

/// What a function gives must fit into the store that is there for it.
template <class Stored, class Result>
struct StoredAs {
  STREAMS_CHECK_FUNCTION((std::is_constructible_v<std::optional<Stored>, Result>),
                         "Materialized has another value type than the function gives: leave its type out, as in "
                         "{.store_name = \"...\"}.");
};

/// For joins of what cannot be joined.
template <class K, class K2>
constexpr void check_same_keys() {
  STREAMS_CHECK_FUNCTION((std::is_same_v<K, K2>),
                         "both sides of a join have keys of one type: give a stream other keys by select_key(); join "
                         "tables by a foreign key with a function that takes it from the row.");
}

}  // namespace streams::detail
