// SPDX-License-Identifier: MIT
// Appending to caches, copying and expanding them on a card: byte for byte as on the host.
#include "src/core/error.hpp"
#include "tests/kernels/cuda/guarded_test.hpp"

#include <cmath>

namespace calibram {
namespace {

constexpr std::int64_t kv_heads = 3, head_size = 17, columns = kv_heads * head_size;
constexpr Element floats[] = {Element::fp16, Element::fp32};

class CacheOnCard : public GuardedTest {
 protected:
  /// @param block_tokens  0 for a contiguous one
  KvCache cache(Element element, std::int64_t batch, std::int64_t capacity, std::int64_t block_tokens = 0) {
    const std::int64_t rows = batch * capacity;
    KvCache made{poisoned(element, rows, columns), poisoned(element, rows, columns), {}, {}, capacity};
    if (element == Element::int8) {
      made.key_scales = poisoned(Element::fp32, rows, kv_heads);
      made.value_scales = poisoned(Element::fp32, rows, kv_heads);
    }
    if (block_tokens == 0) return made;
    made.block_tokens = block_tokens;
    made.blocks = poisoned(Element::int32, batch, capacity / block_tokens);
    ops.fill_blocks(made.blocks);
    return made;
  }
  KvCache guarded_copy(const KvCache& host) {
    KvCache card = host;
    for (Tensor KvCache::*part :
         {&KvCache::keys, &KvCache::values, &KvCache::key_scales, &KvCache::value_scales, &KvCache::blocks})
      card.*part = guarded(host.*part);
    return card;
  }
  void expect_cache(const KvCache& card, const KvCache& host) {
    for (Tensor KvCache::*part :
         {&KvCache::keys, &KvCache::values, &KvCache::key_scales, &KvCache::value_scales, &KvCache::blocks})
      if (!(host.*part).empty()) expect_bytes(card.*part, host.*part);
  }
};

TEST_F(CacheOnCard, AppendWritesWhatTheHostWritesAndNothingElse) {
  for (const Element entries : {Element::fp16, Element::fp32, Element::int8})
    for (const Element in : floats)
      for (const std::int64_t block_tokens : {0, 4})
        for (const StepShape step : {StepShape{3, 5, 2}, StepShape{2, 1, 11}, StepShape{1, 12, 0}}) {
          KvCache host = cache(entries, step.batch, 12, block_tokens), card = guarded_copy(host);
          const Tensor keys = random(in, step.rows(), columns),
                       values = random(in, step.rows(), columns, 1000);
          ops.append(keys, values, step, host);
          cuda.append(guarded(keys), guarded(values), step, card);
          expect_cache(card, host);
        }
}

TEST_F(CacheOnCard, HeadsOfEverySizeAreQuantisedAsOnTheHost) {
  for (const std::int64_t size : {1, 31, 32, 128, 576, 1024}) {
    KvCache host{poisoned(Element::int8, 6, 2 * size), poisoned(Element::int8, 6, 2 * size),
                 poisoned(Element::fp32, 6, 2), poisoned(Element::fp32, 6, 2), 3};
    KvCache card = guarded_copy(host);
    const Tensor keys = random(Element::fp16, 4, 2 * size), values = random(Element::fp16, 4, 2 * size);
    ops.append(keys, values, {2, 2, 1}, host);
    cuda.append(guarded(keys), guarded(values), {2, 2, 1}, card);
    expect_cache(card, host);
  }
}

TEST_F(CacheOnCard, LatentCachesTakeKeysAlone) {
  constexpr std::int64_t latent = 576;
  for (const Element entries : {Element::fp16, Element::int8})
    for (const Element in : floats) {
      KvCache host{poisoned(entries, 8, latent), {}, {}, {}, 4};
      if (entries == Element::int8) host.key_scales = poisoned(Element::fp32, 8, 1);
      KvCache card = guarded_copy(host);
      const Tensor keys = random(in, 4, latent);
      ops.append(keys, {}, {2, 2, 1}, host);
      cuda.append(guarded(keys), {}, {2, 2, 1}, card);
      expect_cache(card, host);
      KvCache twice{poisoned(entries, 12, latent), {}, {}, {}, 6};
      if (entries == Element::int8) twice.key_scales = poisoned(Element::fp32, 12, 1);
      KvCache copied = guarded_copy(twice);
      ops.copy_cache(host, 3, twice);
      cuda.copy_cache(card, 3, copied);
      expect_cache(copied, twice);
    }
}

TEST_F(CacheOnCard, ValuesWithoutRoomForThemAreRefused) {
  KvCache latent{guarded(Element::fp16, 4, columns), {}, {}, {}, 4},
      whole = guarded_copy(cache(Element::fp16, 1, 4));
  const Tensor rows = guarded(random(Element::fp16, 1, columns));
  EXPECT_THROW(cuda.append(rows, rows, {1, 1, 0}, latent), InputError);
  EXPECT_THROW(cuda.append(rows, {}, {1, 1, 0}, whole), InputError);
}

TEST_F(CacheOnCard, ANanSpoilsTheScaleOfItsHeadOnly) {
  KvCache host = cache(Element::int8, 1, 1), card = guarded_copy(host);
  Doubles row(columns, 1.0);
  row[head_size + 3] = std::nan("");
  const Tensor keys = guarded(holding(Element::fp16, 1, columns, row));
  cuda.append(keys, keys, {1, 1, 0}, card);
  const Doubles scales = read(back(card.key_scales)), entries = read(back(card.keys));
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(entries[i], i / head_size == 1 ? 0 : 127) << i;
  EXPECT_FALSE(std::isnan(scales[0]));
  EXPECT_TRUE(std::isnan(scales[1]));
  EXPECT_FALSE(std::isnan(scales[2]));
}

TEST_F(CacheOnCard, AppendThatDoesNotFitIsRefused) {
  KvCache contiguous = guarded_copy(cache(Element::fp16, 1, 4));
  const Tensor rows = guarded(random(Element::fp16, 3, columns));
  EXPECT_THROW(cuda.append(rows, rows, {1, 3, 2}, contiguous), InputError);
  EXPECT_THROW(cuda.append(rows, rows, {3, 1, 0}, contiguous), InputError);
  KvCache paged = guarded_copy(cache(Element::fp16, 1, 4, 2));
  paged.blocks.columns = 1;
  EXPECT_THROW(cuda.append(rows, rows, {1, 3, 0}, paged), InputError);
}

TEST_F(CacheOnCard, CopyKeepsPositionsWhereTheCapacitiesDiffer) {
  for (const Element element : {Element::fp16, Element::fp32, Element::int8}) {
    KvCache from = cache(element, 3, 4), to = cache(element, 3, 6);
    const Tensor rows = random(Element::fp16, 12, columns);
    ops.append(rows, rows, {3, 4, 0}, from);
    KvCache copied = guarded_copy(to);
    cuda.copy_cache(guarded_copy(from), 3, copied);
    ops.copy_cache(from, 3, to);
    expect_cache(copied, to);
  }
}

TEST_F(CacheOnCard, CopiesThatDoNotFitAreRefusedAndOfNothingDoNothing) {
  const KvCache from = guarded_copy(cache(Element::fp16, 1, 4));
  KvCache shorter = guarded_copy(cache(Element::fp16, 1, 2)),
          paged = guarded_copy(cache(Element::fp16, 1, 4, 2));
  EXPECT_THROW(cuda.copy_cache(from, 3, shorter), InputError);
  EXPECT_THROW(cuda.copy_cache(from, 3, paged), InputError);
  EXPECT_NO_THROW(cuda.copy_cache({}, 0, shorter));
}

TEST_F(CacheOnCard, HeadsAreRepeatedAsOnTheHost) {
  // Heads of whole and of broken packs of 16 bytes.
  for (const Element element : {Element::fp16, Element::fp32, Element::int8})
    for (const std::int64_t size : {1, 17, 64})
      for (const std::int64_t shift : {0, 1}) {
        Attention attention;
        attention.heads = 12;
        attention.kv_heads = 3;
        attention.head_size = size;
        const Tensor x = random(element, 5, 3 * size, 100);
        Tensor expected = poisoned(element, 5, 12 * size), out = guarded(element, 5, 12 * size, shift);
        ops.expand_heads(attention, x, expected);
        cuda.expand_heads(attention, guarded(x), out);
        expect_bytes(out, expected);
      }
}

TEST_F(CacheOnCard, HeadsOfValuesAreRepeatedThoughKeysHaveAnotherSize) {
  Attention attention;
  attention.heads = 4;
  attention.kv_heads = 2;
  attention.head_size = 24;
  attention.value_size = 16;
  const Tensor values = random(Element::fp16, 3, 2 * 16);
  Tensor expected = poisoned(Element::fp16, 3, 4 * 16), out = guarded(Element::fp16, 3, 4 * 16);
  ops.expand_heads(attention, values, expected);
  cuda.expand_heads(attention, guarded(values), out);
  expect_bytes(out, expected);
}

TEST_F(CacheOnCard, HeadsOfOtherShapesAreNotRepeated) {
  Attention attention;
  attention.heads = 4;
  attention.kv_heads = 2;
  attention.head_size = 8;
  Tensor out = guarded(Element::fp16, 2, 32);
  EXPECT_THROW(cuda.expand_heads(attention, guarded(Element::fp16, 2, 24), out), InputError);
  EXPECT_THROW(cuda.expand_heads(attention, guarded(Element::fp32, 2, 16), out), InputError);
}

}  // namespace
}  // namespace calibram
