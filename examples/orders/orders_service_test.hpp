// The orders service on the embedded cluster, for tests: any number of instances.
#pragma once

#include "orders_service.hpp"
#include "topics.hpp"

#include <streams/http/client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace orders {

inline Order an_order(const std::string& id, OrderState state = OrderState::kCreated) {
  return {.id = id, .customer_id = 101, .state = state, .product = "KETTLE", .quantity = 2, .price = 30, .version = 1};
}

class OrdersServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    create_topics(*admin_, ecosystem_topics(4));
  }
  void TearDown() override {
    for (auto& instance : instances_) instance.reset();
    std::filesystem::remove_all(directory_);
  }
  /// `paused`: it joins the group, and processes nothing.
  OrdersService& start(bool paused = false) {
    OrdersServiceOptions options;
    options.config.set("state.dir", (directory_ / std::to_string(instances_.size())).string());
    options.config.set("processing.guarantee", "exactly_once_v2");
    options.config.set_logger(nullptr);
    instances_.push_back(std::make_unique<OrdersService>(cluster_, options));
    if (paused) instances_.back()->application().pause();
    instances_.back()->start();
    return *instances_.back();
  }
  streams::http::Response send(OrdersService& to, const streams::http::ClientRequest& request) {
    auto response = streams::http::Client(to.server().address()).send(request, std::chrono::seconds(60));
    EXPECT_TRUE(response.ok()) << response.status().message();
    return response.ok() ? std::move(response).value() : streams::http::Response{.status = 0};
  }
  streams::http::Response post(OrdersService& to, const Order& one) {
    return send(to, {.method = "POST", .target = "/v1/orders?timeout=30000", .body = nlohmann::json(one).dump()});
  }
  streams::http::Response get(OrdersService& from, const std::string& rest, int timeout_ms = 30'000) {
    return send(from, {.target = "/v1/orders/" + rest + "?timeout=" + std::to_string(timeout_ms)});
  }
  /// Until two instances have partitions, both run, and know of each other.
  static void wait_until_shared(OrdersService& first, OrdersService& second) {
    const auto ready = [](OrdersService& one) {
      return one.application().state() == streams::KafkaStreams::State::kRunning &&
             one.application().metadata_for_store(kOrdersStore).size() == 2;
    };
    while (!ready(first) || !ready(second)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  void decide(const std::string& id, OrderState state) {
    const auto written =
        embedded_.produce(kOrdersTopic, {.key = id, .value = nlohmann::json(an_order(id, state)).dump()});
    ASSERT_TRUE(written.ok());
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() /
      ("orders-" + std::to_string(::getpid()) + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  streams::EmbeddedCluster embedded_;
  Cluster cluster_{embedded_};
  std::unique_ptr<streams::client::Admin> admin_ = embedded_.clients().admin({});
  std::vector<std::unique_ptr<OrdersService>> instances_;
};

}  // namespace orders
