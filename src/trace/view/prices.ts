import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { TokenUsage } from '../format/trace-state.ts'

/** The price of a model, per million tokens. */
export type ModelPrice = {
  /** Input tokens that were not read from a cache. */
  readonly input: number
  /** Input tokens that were read from a cache. @default the price of `input` */
  readonly cachedInput?: number
  /** Input tokens that were written to a cache. @default the price of `input` */
  readonly cacheWriteInput?: number
  /** Output tokens, those of reasoning included. */
  readonly output: number
}

/** Prices of models by their names in the trace: `name`, or `provider/name` for one provider only. */
export type TracePrices = {
  /** The unit of all prices, such as `USD`. */
  readonly currency: string
  readonly models: { readonly [model: string]: ModelPrice }
}

const million = 1_000_000

/** Returns the price of a model; null if the table does not have one. */
export function priceOf(prices: TracePrices, provider: string | null, model: string): ModelPrice | null {
  const names = provider === null ? [model] : [`${provider}/${model}`, model]
  const name = names.find((each) => Object.hasOwn(prices.models, each))
  return name === undefined ? null : (prices.models[name] ?? null)
}

/** Returns the cost of a request. Cached and written tokens are part of the input tokens. */
export function costOf(usage: TokenUsage, price: ModelPrice): number {
  const { input_tokens: all, cached_input_tokens: cached, cache_write_input_tokens: written, output_tokens } = usage
  const plain = Math.max(0, all - cached - written)
  const { input, output, cachedInput = input, cacheWriteInput = input } = price
  return (plain * input + cached * cachedInput + written * cacheWriteInput + output_tokens * output) / million
}

/**
 * Checks a table of prices, e.g. parsed JSON.
 *
 * @throws {CodecellError} `INVALID_OPTION` with the member and the expected value
 */
export function parsePrices(value: unknown): TracePrices {
  if (!isRecord(value)) throw invalid('prices', 'an object with "currency" and "models"', value)
  refuseOthers('prices', value, ['currency', 'models'])
  const { currency, models } = value
  if (typeof currency !== 'string' || !/^\S{1,8}$/.test(currency)) {
    throw invalid('prices.currency', 'a unit of 1 to 8 characters such as "USD"', currency)
  }
  if (!isRecord(models)) throw invalid('prices.models', 'an object with a price for each model', models)
  const entries = Object.entries(models).map(([name, price]): [string, ModelPrice] => [name, parsePrice(name, price)])
  return { currency, models: Object.fromEntries(entries) }
}

const memberNames = ['input', 'cachedInput', 'cacheWriteInput', 'output'] as const

function parsePrice(model: string, value: unknown): ModelPrice {
  const where = `prices.models[${JSON.stringify(model.slice(0, 80))}]`
  if (!isRecord(value)) throw invalid(where, 'an object with "input" and "output"', value)
  refuseOthers(where, value, memberNames)
  const number = (name: (typeof memberNames)[number]): number => {
    const price = value[name]
    if (typeof price === 'number' && Number.isFinite(price) && price >= 0) return price
    throw invalid(`${where}.${name}`, 'a number of at least 0, per million tokens', price)
  }
  return {
    input: number('input'),
    output: number('output'),
    ...(value['cachedInput'] === undefined ? {} : { cachedInput: number('cachedInput') }),
    ...(value['cacheWriteInput'] === undefined ? {} : { cacheWriteInput: number('cacheWriteInput') }),
  }
}

function refuseOthers(where: string, value: Record<string, unknown>, known: readonly string[]): void {
  const other = Object.keys(value).find((name) => !known.includes(name))
  if (other !== undefined) throw invalid(where, `only the members ${known.join(', ')}`, other)
}

function invalid(where: string, expected: string, value: unknown): CodecellError {
  const got = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 80)
  return new CodecellError('INVALID_OPTION', `Cannot use ${where}: expected ${expected}, got ${got}`, {
    details: { option: where, expected },
  })
}
