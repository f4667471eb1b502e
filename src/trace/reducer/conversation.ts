import { linkItemToCell, showCell } from './code-cells.ts'
import { deliverItem } from './interaction-edges.ts'
import { addToolProducer, linkCopy, linkItemToToolCall, linkOutputToToolCall } from './tool-calls.ts'
import { normalizeItem, sortedJson, type NormalItem } from './normalize-item.ts'
import type { RawEvent } from '../format/raw-event.ts'
import { invalid, pairKey, type ReducerState, type ThreadIndex } from './reducer-state.ts'
import type { ConversationItem, ItemPart, Producer } from '../format/trace-state.ts'

/** The location and time at which items were seen, and their producer. */
export type Sighting = {
  readonly event: RawEvent
  readonly threadId: string
  readonly turnId: string | null
  readonly producer?: Producer
}

/** Normalizes the items of one payload, and drops those that are not part of a conversation. */
export function normalizeItems(values: readonly unknown[], payloadId: string): readonly NormalItem[] {
  return values.flatMap((value) => normalizeItem(value, payloadId) ?? [])
}

/**
 * Matches the items of a request with those of the thread: an equal item at the same position, or an equal item that this
 * request has not used, or a new one. The next request is matched with the result.
 */
export function matchItems(reducer: ReducerState, sighting: Sighting, items: readonly NormalItem[]): string[] {
  const index = reducer.thread(sighting.threadId)
  const known = new Candidates(reducer, index.replacement ?? index.snapshot)
  index.replacement = undefined
  const outputs = new Set<string>()
  const matched = items.map((item, position) => {
    const fingerprint = fingerprintOf(item)
    const found = known.take(fingerprint, item.responses_item_id, position)
    if (found !== undefined) {
      mergeItem(reducer, found, item)
      const copy = item.call_id === null ? undefined : reducer.items.get(found)
      if (copy !== undefined) linkCopy(reducer, copy)
      return found
    }
    const accepted = takeAccepted(reducer, sighting.threadId, item)
    if (accepted === undefined) return addItem(reducer, sighting, item, fingerprint)
    if (item.agent_message === undefined) outputs.add(accepted)
    return accepted
  })
  listRequestItems(index, matched, outputs)
  index.snapshot = matched
  return [...matched]
}

class Candidates {
  readonly #items: ReadonlyMap<string, ConversationItem>
  readonly #fingerprints: ReadonlyMap<string, string>
  readonly #snapshot: readonly string[]
  readonly #used = new Set<string>()
  #byFingerprint: Map<string, string[]> | undefined

  constructor({ items, fingerprints }: ReducerState, snapshot: readonly string[]) {
    this.#items = items
    this.#fingerprints = fingerprints
    this.#snapshot = snapshot
  }

  take(fingerprint: string, responsesId: string | undefined, position: number): string | undefined {
    const here = this.#snapshot[position]
    const isEqual = here !== undefined && this.#fingerprints.get(here) === fingerprint
    const found = isEqual && this.#mayBe(here, responsesId) ? here : this.#elsewhere(fingerprint, responsesId)
    if (found !== undefined) this.#used.add(found)
    return found
  }

  #elsewhere(fingerprint: string, responsesId: string | undefined): string | undefined {
    this.#byFingerprint ??= Map.groupBy(this.#snapshot, (itemId) => this.#fingerprints.get(itemId) ?? '')
    return this.#byFingerprint.get(fingerprint)?.find((itemId) => this.#mayBe(itemId, responsesId))
  }

  /** Different ids mean different items; a missing id does not. */
  #mayBe(itemId: string, responsesId: string | undefined): boolean {
    if (this.#used.has(itemId)) return false
    const known = this.#items.get(itemId)?.responses_item_id
    return known === undefined || responsesId === undefined || known === responsesId
  }
}

/**
 * Adds the items of a response. An item that the thread already has, by id and content, is not added again. Items are part of
 * the thread once the agent accepts them or a later request has them. Schema 1 does not record acceptance: there, a complete
 * response is part of the thread.
 */
export function addResponseItems(reducer: ReducerState, sighting: Sighting, items: readonly NormalItem[]): string[] {
  const used = new Set<string>()
  const index = reducer.thread(sighting.threadId)
  return items.map((item) => {
    const fingerprint = fingerprintOf(item)
    const ids =
      item.responses_item_id === undefined ? [] : itemsWithId(reducer, sighting.threadId, item.responses_item_id)
    const found = ids.find((id) => reducer.fingerprints.get(id) === fingerprint && !used.has(id))
    if (found !== undefined) addProducer(reducer, found, sighting.producer)
    const itemId = found ?? addItem(reducer, sighting, item, fingerprint)
    used.add(itemId)
    const isOfSchema1 = reducer.manifest.schema_version === 1 && sighting.event.payload.type === 'inference_completed'
    if (isOfSchema1 || reducer.items.get(itemId)?.accepted_seq !== undefined) listItem(index, itemId)
    return itemId
  })
}

/** Adds a second producer: in schema 3, a response can repeat an item of its request. */
function addProducer({ items, manifest }: ReducerState, itemId: string, producer: Producer | undefined): void {
  if (manifest.schema_version >= 3 && producer !== undefined) items.get(itemId)?.produced_by.push(producer)
}

function itemsWithId({ itemsByResponsesId }: ReducerState, threadId: string, responsesId: string): readonly string[] {
  return itemsByResponsesId.get(pairKey(threadId, responsesId)) ?? []
}

/** Adds the items of a request that continues another one: accepted outputs are known, other items are new. */
export function continueItems(
  reducer: ReducerState,
  sighting: Sighting,
  before: readonly string[],
  items: readonly NormalItem[],
): string[] {
  const index = reducer.thread(sighting.threadId)
  const outputs = new Set<string>()
  const added = items.map((item) => {
    const accepted = takeAccepted(reducer, sighting.threadId, item)
    if (accepted === undefined) return addItem(reducer, sighting, item)
    if (item.agent_message === undefined) outputs.add(accepted)
    return accepted
  })
  const all = [...before, ...added]
  index.snapshot = [...all]
  listRequestItems(index, all, outputs)
  return all
}

/**
 * Returns the accepted item that a request has for the first time. The id decides alone, because the request can have another
 * form of the content.
 */
function takeAccepted(reducer: ReducerState, threadId: string, normal: NormalItem): string | undefined {
  if (normal.responses_item_id === undefined || !isAcceptable(normal)) return undefined
  const key = pairKey(threadId, normal.responses_item_id)
  const item = reducer.unrequested.get(key)
  if (item === undefined) return undefined
  reducer.unrequested.delete(key)
  item.body = normal.body
  reducer.fingerprints.set(item.item_id, fingerprintOf({ ...item, body: normal.body }))
  if (normal.call_id !== null) {
    pushTo(reducer.thread(threadId).outputItems, normal.call_id, item.item_id)
    linkOutputToToolCall(reducer, item, normal.call_id)
    linkItemToCell(reducer, item, normal.call_id)
  }
  return item.item_id
}

/** Adds an item that is accepted before a request has it. */
export function addAcceptedItem(reducer: ReducerState, sighting: Sighting, normal: NormalItem): void {
  const item = storeItem(reducer, sighting, normal, fingerprintOf(normal))
  if (normal.responses_item_id !== undefined) {
    reducer.unrequested.set(pairKey(item.thread_id, normal.responses_item_id), item)
  }
  if (item.call_id !== null) addToolProducer(reducer, item, item.call_id)
  deliverItem(reducer, item)
  listItem(reducer.thread(item.thread_id), item.item_id)
}

/** Adds an item to the state and to its thread, and links it to the tool call and the cell with its call id. */
export function addItem(
  reducer: ReducerState,
  sighting: Sighting,
  normal: NormalItem,
  fingerprint: string = fingerprintOf(normal),
): string {
  const index = reducer.thread(sighting.threadId)
  checkCallId(reducer, index, normal)
  const item = storeItem(reducer, sighting, normal, fingerprint)
  if (item.call_id !== null) {
    pushTo(isCall(item) ? index.callItems : index.outputItems, item.call_id, item.item_id)
    linkItemToToolCall(reducer, item)
    if (isCall(item)) showCell(reducer, item)
    else linkItemToCell(reducer, item, item.call_id)
  }
  deliverItem(reducer, item)
  return item.item_id
}

function storeItem(
  reducer: ReducerState,
  sighting: Sighting,
  normal: NormalItem,
  fingerprint: string,
): ConversationItem {
  const item = newItem(reducer, sighting, normal)
  reducer.items.set(item.item_id, item)
  reducer.fingerprints.set(item.item_id, fingerprint)
  if (normal.responses_item_id !== undefined) nameItem(reducer, item, normal.responses_item_id)
  return item
}

export function listItem(index: ThreadIndex, itemId: string): void {
  if (index.listed.has(itemId)) return
  index.listed.add(itemId)
  index.thread.conversation_item_ids.push(itemId)
}

/** Appends items to their thread. */
export function listItems(index: ThreadIndex, itemIds: readonly string[]): void {
  for (const itemId of itemIds) listItem(index, itemId)
}

/** Adds the items of a request to their thread. New items stand before an output of the same request that was accepted before. */
function listRequestItems(index: ThreadIndex, itemIds: readonly string[], outputs: Accepted): void {
  let added: string[] = []
  for (const itemId of itemIds) {
    if (!index.listed.has(itemId)) {
      index.listed.add(itemId)
      added.push(itemId)
    } else if (outputs.has(itemId) && added.length > 0) {
      const ids = index.thread.conversation_item_ids
      ids.splice(ids.lastIndexOf(itemId), 0, ...added)
      added = []
    }
  }
  for (const itemId of added) index.thread.conversation_item_ids.push(itemId)
}

/** The outputs of a request that were accepted before a request had them. */
type Accepted = ReadonlySet<string>

function newItem(
  reducer: ReducerState,
  { event, threadId, turnId, producer }: Sighting,
  normal: NormalItem,
): ConversationItem {
  return {
    item_id: `conversation_item:${reducer.items.size + 1}`,
    responses_item_id: undefined,
    accepted_at_unix_ms: undefined,
    accepted_seq: undefined,
    thread_id: threadId,
    codex_turn_id: turnId,
    first_seen_at_unix_ms: event.wall_time_unix_ms,
    role: normal.role,
    channel: normal.channel,
    kind: normal.kind,
    agent_message: normal.agent_message,
    body: normal.body,
    call_id: normal.call_id,
    produced_by: producer === undefined ? [] : [producer],
  }
}

/** Sets the id of an item, and its acceptance. */
function nameItem(reducer: ReducerState, item: ConversationItem, responsesId: string): void {
  const key = pairKey(item.thread_id, responsesId)
  const accepted = reducer.accepted.get(key)
  item.responses_item_id = responsesId
  item.accepted_at_unix_ms = accepted?.at
  item.accepted_seq = accepted?.seq
  pushTo(reducer.itemsByResponsesId, key, item.item_id)
}

/** Checks that a call id identifies one call. Copies, e.g. of a compaction, must be equal. */
function checkCallId(reducer: ReducerState, index: ThreadIndex, normal: NormalItem): void {
  if (normal.call_id === null || !isCall(normal)) return
  const [first] = index.callItems.get(normal.call_id) ?? []
  const earlier = first === undefined ? undefined : reducer.items.get(first)
  if (earlier !== undefined && contentOf(earlier) !== contentOf(normal)) {
    throw invalid(`model-visible call id ${normal.call_id} was reused with different content`)
  }
}

/** Returns whether an item can be accepted before a request has it: an output, or a message between agents. */
export function isAcceptable({ kind, agent_message }: Pick<ConversationItem, 'kind' | 'agent_message'>): boolean {
  return kind === 'function_call_output' || kind === 'custom_tool_call_output' || agent_message !== undefined
}

function isCall({ kind }: Pick<ConversationItem, 'kind'>): boolean {
  return kind === 'function_call' || kind === 'custom_tool_call'
}

/** Returns a string that is equal for equal items. Encrypted reasoning is compared by its encrypted content alone. */
function fingerprintOf(item: NormalItem): string {
  const seal = item.kind === 'reasoning' ? item.body.parts.find(({ type }) => type === 'encoded') : undefined
  return seal === undefined ? contentOf(item) : sortedJson(seal)
}

function contentOf({ role, channel, kind, agent_message, call_id, body }: NormalItem): string {
  return JSON.stringify([role, channel, kind, agent_message ?? null, call_id, body.parts.map(comparable)])
}

function comparable(part: ItemPart): unknown {
  if (part.type !== 'json' && part.type !== 'payload_ref') return part
  return { ...part, raw_payload_id: undefined }
}

/** Merges a repeated item: it can have an id, or more readable reasoning, than before. */
function mergeItem(reducer: ReducerState, itemId: string, normal: NormalItem): void {
  const item = reducer.items.get(itemId)
  if (item === undefined) return
  if (item.responses_item_id === undefined && normal.responses_item_id !== undefined) {
    nameItem(reducer, item, normal.responses_item_id)
  }
  if (normal.kind !== 'reasoning') return
  const parts = [...item.body.parts]
  for (const part of normal.body.parts) {
    const text = sortedJson(part)
    if (!parts.some((known) => sortedJson(known) === text)) parts.push(part)
  }
  const order = ['text', 'summary', 'encoded']
  item.body.parts = parts.toSorted((left, right) => order.indexOf(left.type) - order.indexOf(right.type))
}

function pushTo<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
