// Runs the client contract against the cluster inside the process.
#include <streams/embedded_cluster.hpp>

#include "contract/client_contract.hpp"

namespace streams::client::contract {

const Cluster& contract_cluster() {
  static EmbeddedCluster embedded;
  static const Cluster cluster{&embedded.clients(), "", true};
  return cluster;
}

}  // namespace streams::client::contract
