import { expect, test } from 'vitest'
import { costOf, parsePrices, priceOf, type TracePrices } from '../../../src/trace/view/prices.ts'

const usage = {
  input_tokens: 1_000_000,
  cached_input_tokens: 400_000,
  cache_write_input_tokens: 100_000,
  output_tokens: 200_000,
  reasoning_output_tokens: 150_000,
}

test.each<[what: string, price: Parameters<typeof costOf>[1], cost: number]>([
  ['all prices', { input: 2, cachedInput: 0.5, cacheWriteInput: 3, output: 10 }, 1 + 0.2 + 0.3 + 2],
  ['input and output only', { input: 2, output: 10 }, 2 + 2],
  ['free input', { input: 0, output: 1 }, 0.2],
])('costOf() counts cached and written tokens as a part of the input, with %s', (_what, price, cost) => {
  expect(costOf(usage, price)).toBeCloseTo(cost, 10)
})

test('costOf() does not count input twice if the parts exceed the whole', () => {
  expect(costOf({ ...usage, input_tokens: 10 }, { input: 1, cachedInput: 0, output: 0 })).toBeCloseTo(0.1, 10)
})

test('priceOf() prefers the price of a provider, and invents none', () => {
  const prices: TracePrices = {
    currency: 'USD',
    models: { small: { input: 1, output: 1 }, 'azure/small': { input: 2, output: 2 } },
  }
  expect(priceOf(prices, 'azure', 'small')?.input).toBe(2)
  expect(priceOf(prices, 'openai', 'small')?.input).toBe(1)
  expect(priceOf(prices, null, 'small')?.input).toBe(1)
  expect(priceOf(prices, 'openai', 'large')).toBe(null)
  expect(priceOf(prices, 'openai', 'toString')).toBe(null)
})

test.each<[value: unknown, message: string]>([
  [null, 'Cannot use prices: expected an object with "currency" and "models", got null'],
  [{ models: {} }, 'Cannot use prices.currency: expected a unit of 1 to 8 characters such as "USD", got nothing'],
  [
    { currency: 'US dollars', models: {} },
    'Cannot use prices.currency: expected a unit of 1 to 8 characters such as "USD", got "US dollars"',
  ],
  [{ currency: 'USD' }, 'Cannot use prices.models: expected an object with a price for each model, got nothing'],
  [
    { currency: 'USD', models: {}, unit: 1 },
    'Cannot use prices: expected only the members currency, models, got "unit"',
  ],
  [
    { currency: 'USD', models: { m: { input: -1, output: 1 } } },
    'Cannot use prices.models["m"].input: expected a number of at least 0, per million tokens, got -1',
  ],
  [
    { currency: 'USD', models: { m: { input: 1, output: '1' } } },
    'Cannot use prices.models["m"].output: expected a number of at least 0, per million tokens, got "1"',
  ],
  [
    { currency: 'USD', models: { m: { input: 1 } } },
    'Cannot use prices.models["m"].output: expected a number of at least 0, per million tokens, got nothing',
  ],
  [
    { currency: 'USD', models: { m: { input: 1, output: 1, cached_input: 1 } } },
    'Cannot use prices.models["m"]: expected only the members input, cachedInput, cacheWriteInput, output, got "cached_input"',
  ],
])('parsePrices() rejects %j', (value, message) => {
  expect(() => parsePrices(value)).toThrow(message)
})

test('parsePrices() returns the table', () => {
  const prices = { currency: 'EUR', models: { m: { input: 1, cachedInput: 0, cacheWriteInput: 2, output: 3 } } }
  expect(parsePrices(prices)).toEqual(prices)
})
