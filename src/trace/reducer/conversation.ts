import { linkItemToCell, showCell } from './code-cells.ts'
import { deliverItem } from './interaction-edges.ts'
import { linkItemToToolCall } from './tool-calls.ts'
import { normaliseItem, sortedJson, type NormalItem } from './normalize-item.ts'
import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { invalid, pairKey, type Reduction, type ThreadIndex } from './reducer-state.ts'
import type { ConversationItem, ItemPart, Producer } from '../format/trace-state.ts'

/** Where and when items were seen, and what made them. */
export type Sighting = {
  readonly event: RawEvent
  readonly threadId: string
  readonly turnId: string | null
  readonly producer?: Producer
}

/** The items of one payload, without what is no part of a conversation. */
export function normaliseItems(values: readonly unknown[], payloadId: string): readonly NormalItem[] {
  return values.flatMap((value) => normaliseItem(value, payloadId) ?? [])
}

/**
 * Finds the items of a request among those the thread had before: the equal one at the same position, else an equal one
 * that this request has not used, else a new one. The result becomes what the next request is compared with.
 */
export function matchItems(reduction: Reduction, sighting: Sighting, items: readonly NormalItem[]): string[] {
  const index = reduction.thread(sighting.threadId)
  const known = new Candidates(reduction, index.snapshot)
  const matched = items.map((item, position) => {
    const fingerprint = fingerprintOf(item)
    const found = known.take(fingerprint, item.responses_item_id, position)
    if (found === undefined) return addItem(reduction, sighting, item, fingerprint)
    mergeItem(reduction, found, item)
    return found
  })
  index.snapshot = matched
  listItems(index, matched)
  return [...matched]
}

class Candidates {
  readonly #items: ReadonlyMap<string, ConversationItem>
  readonly #fingerprints: ReadonlyMap<string, string>
  readonly #snapshot: readonly string[]
  readonly #used = new Set<string>()
  #byFingerprint: Map<string, string[]> | undefined

  constructor({ items, fingerprints }: Reduction, snapshot: readonly string[]) {
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

  /** Ids that differ tell items apart; one that is missing does not. */
  #mayBe(itemId: string, responsesId: string | undefined): boolean {
    if (this.#used.has(itemId)) return false
    const known = this.#items.get(itemId)?.responses_item_id
    return known === undefined || responsesId === undefined || known === responsesId
  }
}

/**
 * The items of a response: one that the thread has already, by its id and content, is not made twice. They are part of the
 * thread once the agent accepted them or a later request has them. Schema 1 knows no acceptance: there a complete answer is
 * part of the thread.
 */
export function answerItems(reduction: Reduction, sighting: Sighting, items: readonly NormalItem[]): string[] {
  const used = new Set<string>()
  const index = reduction.thread(sighting.threadId)
  return items.map((item) => {
    const fingerprint = fingerprintOf(item)
    const ids =
      item.responses_item_id === undefined ? [] : itemsWithId(reduction, sighting.threadId, item.responses_item_id)
    const found = ids.find((id) => reduction.fingerprints.get(id) === fingerprint && !used.has(id))
    const itemId = found ?? addItem(reduction, sighting, item, fingerprint)
    used.add(itemId)
    const isOfSchema1 = reduction.manifest.schema_version === 1 && sighting.event.payload.type === 'inference_completed'
    if (isOfSchema1 || reduction.items.get(itemId)?.accepted_seq !== undefined) listItem(index, itemId)
    return itemId
  })
}

function itemsWithId({ itemsByResponsesId }: Reduction, threadId: string, responsesId: string): readonly string[] {
  return itemsByResponsesId.get(pairKey(threadId, responsesId)) ?? []
}

/** Adds an item to the state and to its thread, and ties it to the tool call and the cell that have its call id. */
export function addItem(
  reduction: Reduction,
  sighting: Sighting,
  normal: NormalItem,
  fingerprint: string = fingerprintOf(normal),
): string {
  const index = reduction.thread(sighting.threadId)
  checkCallId(reduction, index, normal)
  const item = newItem(reduction, sighting, normal)
  reduction.items.set(item.item_id, item)
  reduction.fingerprints.set(item.item_id, fingerprint)
  if (normal.responses_item_id !== undefined) nameItem(reduction, item, normal.responses_item_id)
  if (item.call_id !== null) {
    pushTo(isCall(item) ? index.callItems : index.outputItems, item.call_id, item.item_id)
    linkItemToToolCall(reduction, item)
    if (isCall(item)) showCell(reduction, item)
    else linkItemToCell(reduction, item)
  }
  deliverItem(reduction, item)
  return item.item_id
}

function listItem(index: ThreadIndex, itemId: string): void {
  if (index.listed.has(itemId)) return
  index.listed.add(itemId)
  index.thread.conversation_item_ids.push(itemId)
}

/** Makes items part of their thread, in this order. */
export function listItems(index: ThreadIndex, itemIds: readonly string[]): void {
  for (const itemId of itemIds) listItem(index, itemId)
}

function newItem(
  reduction: Reduction,
  { event, threadId, turnId, producer }: Sighting,
  normal: NormalItem,
): ConversationItem {
  return {
    item_id: `conversation_item:${reduction.items.size + 1}`,
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

/** Gives an item its id, and what is known of its acceptance. */
function nameItem(reduction: Reduction, item: ConversationItem, responsesId: string): void {
  const key = pairKey(item.thread_id, responsesId)
  const accepted = reduction.accepted.get(key)
  item.responses_item_id = responsesId
  item.accepted_at_unix_ms = accepted?.at
  item.accepted_seq = accepted?.seq
  pushTo(reduction.itemsByResponsesId, key, item.item_id)
}

/** A call id stands for one call. Copies of it, as compaction makes them, have to say the same. */
function checkCallId(reduction: Reduction, index: ThreadIndex, normal: NormalItem): void {
  if (normal.call_id === null || !isCall(normal)) return
  const [first] = index.callItems.get(normal.call_id) ?? []
  const earlier = first === undefined ? undefined : reduction.items.get(first)
  if (earlier !== undefined && contentOf(earlier) !== contentOf(normal)) {
    throw invalid(`model-visible call id ${normal.call_id} was reused with different content`)
  }
}

function isCall({ kind }: Pick<ConversationItem, 'kind'>): boolean {
  return kind === 'function_call' || kind === 'custom_tool_call'
}

/** Equal items have equal fingerprints. A sealed reasoning is known by its seal, whatever of it can be read. */
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

/** An item that is seen again may have an id now, or more of its reasoning that can be read. */
function mergeItem(reduction: Reduction, itemId: string, normal: NormalItem): void {
  const item = reduction.items.get(itemId)
  if (item === undefined) return
  if (item.responses_item_id === undefined && normal.responses_item_id !== undefined) {
    nameItem(reduction, item, normal.responses_item_id)
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

/** The agent took an item into its history. Messages between agents arrive here, before any request has them. */
export function acceptItem(
  reduction: Reduction,
  event: RawEvent,
  accepted: RawPayloadOf<'history_item_accepted'>,
): void {
  const threadId = event.thread_id
  if (threadId === null) throw invalid('history acceptance has no thread')
  const index = reduction.thread(threadId)
  const key = pairKey(threadId, accepted.item_id)
  if (!reduction.accepted.has(key)) {
    reduction.accepted.set(key, { at: event.wall_time_unix_ms, seq: event.seq })
    for (const itemId of reduction.itemsByResponsesId.get(key) ?? []) {
      const item = reduction.items.get(itemId)
      if (item === undefined) continue
      item.accepted_at_unix_ms = event.wall_time_unix_ms
      item.accepted_seq = event.seq
      listItem(index, itemId)
    }
  }
  if (accepted.agent_message_payload === null || accepted.agent_message_payload === undefined) return
  const payload = accepted.agent_message_payload
  const normal = normaliseItem(reduction.read(payload), payload.raw_payload_id)
  if (normal?.agent_message === undefined || normal.responses_item_id !== accepted.item_id) {
    throw invalid(`accepted agent message does not match receipt ${accepted.item_id}`)
  }
  if (reduction.itemsByResponsesId.has(key)) return
  const itemId = addItem(reduction, { event, threadId, turnId: event.codex_turn_id }, normal)
  index.snapshot.push(itemId)
  listItem(index, itemId)
}

function pushTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
