// SPDX-License-Identifier: MIT
// Asks one device, two, three, until each of them has room.
#include "bench/calculator/inverse/inverse.hpp"

namespace calibram {
namespace {

std::vector<Split> splits_of(const Question& question, int devices) {
  if (devices == 1) return {Split::none};
  if (question.split != Split::none) return {question.split};
  return {Split::layers, Split::tensor};
}

/// The first way to split that is answered; else what was said of the first way.
DevicesTried try_devices(const Calculator& calculator, Question question, const Capacity& capacity) {
  const std::vector<Split> splits = splits_of(question, question.devices);
  std::vector<DevicesTried> refused;
  for (const Split split : splits) {
    question.split = split;
    DevicesTried tried{question.devices, split, hold_against(calculator, question, capacity)};
    if (std::holds_alternative<Fitting>(tried.held)) return tried;
    refused.push_back(std::move(tried));
  }
  return refused.front();
}

}  // namespace

FewestDevices min_devices(const Calculator& calculator, const Question& question, const Capacity& capacity) {
  FewestDevices fewest;
  Question asked = question;
  for (asked.devices = 1; asked.devices <= most_devices; ++asked.devices) {
    DevicesTried tried = try_devices(calculator, asked, capacity);
    if (fits(tried.held)) {
      fewest.fewest = std::move(tried);
      break;
    }
    fewest.tried.push_back(std::move(tried));
  }
  return fewest;
}

}  // namespace calibram
