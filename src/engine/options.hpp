// SPDX-License-Identifier: MIT
// One `key=value` list of the options column.
#pragma once

#include <compare>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace calibram {

/// Pairs sorted by key, with a map's interface. Copies share them until one is changed: a million rows of a
/// file have a handful of lists.
class Options {
 public:
  using Pairs = std::map<std::string, std::string>;
  using value_type = Pairs::value_type;
  using const_iterator = Pairs::const_iterator;
  using iterator = const_iterator;

  Options() = default;
  Options(std::initializer_list<value_type> pairs) : Options{Pairs{pairs}} {}
  explicit Options(Pairs pairs)
      : pairs_{pairs.empty() ? nullptr : std::make_shared<Pairs>(std::move(pairs))} {}

  const_iterator begin() const { return pairs().begin(); }
  const_iterator end() const { return pairs().end(); }
  const_iterator find(const std::string& key) const { return pairs().find(key); }
  bool contains(const std::string& key) const { return pairs().contains(key); }
  const std::string& at(const std::string& key) const { return pairs().at(key); }
  std::size_t count(const std::string& key) const { return pairs().count(key); }
  std::size_t size() const { return pairs().size(); }
  bool empty() const { return pairs().empty(); }

  std::string& operator[](const std::string& key) { return changed()[key]; }
  template <class... Pair>
  std::pair<const_iterator, bool> emplace(Pair&&... pair) {
    return changed().emplace(std::forward<Pair>(pair)...);
  }
  void insert(std::initializer_list<value_type> pairs) { changed().insert(pairs); }
  void clear() { pairs_.reset(); }

  friend bool operator==(const Options& a, const Options& b) {
    return a.pairs_ == b.pairs_ || a.pairs() == b.pairs();
  }
  friend auto operator<=>(const Options& a, const Options& b) { return a.pairs() <=> b.pairs(); }

 private:
  const Pairs& pairs() const {
    static const Pairs none;
    return pairs_ ? *pairs_ : none;
  }
  Pairs& changed() {
    if (!pairs_ || pairs_.use_count() > 1) pairs_ = std::make_shared<Pairs>(pairs());
    return *pairs_;
  }

  std::shared_ptr<Pairs> pairs_;  ///< null: none
};

/// Parses `key=value;key=value`. @throws InputError naming the pair that is malformed or repeated
Options parse_options(std::string_view text);
std::string options_text(const Options& options);

}  // namespace calibram
