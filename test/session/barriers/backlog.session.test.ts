import { expect, test } from 'vitest'
import type { SessionListener, Tool } from '../../../src/index.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { LoggedSessionStore } from '../../../src/storage/shared/logged-session-store.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { LogContent, MemoryLog } from '../../support/memory-log.ts'
import { textsOf } from '../../support/texts.ts'

test('the cells of a session stand still while too many records wait for the store, and then continue', async () => {
  const gate = new Gate()
  let timers = 0
  const listener: SessionListener = {
    onEvent: (event) => {
      if (event.type === 'cell_command' && event.command.type === 'timeout_fired') timers++
    },
  }
  const log = new MemoryLog(new LogContent())
  const tools: readonly Tool[] = [gate.tool]
  await using session = await openSessionOn(
    { hosts: sharedHosts('in-process'), tools, listeners: [listener] },
    async (limits) => await LoggedSessionStore.open(log, limits),
  )
  const cell = await session.execute(
    `let isOver = false
const tick = () => { if (!isOver) setTimeout(tick, 1) }
tick()
const results = await Promise.all(Array.from({ length: 10 }, (_, n) => tools.gate({ key: n })))
isOver = true
text(results.length)`,
    { yieldTimeMs: 0 },
  )
  await gate.called(10)
  const away = Promise.withResolvers<void>()
  log.commit = () => away.promise
  const result = 'x'.repeat(1_000_000)
  while (gate.open(result));
  let before = -1
  // waits because a cell that stands still emits no event
  await expect
    .poll(
      () => {
        const isStill = timers === before
        before = timers
        return isStill
      },
      { interval: 200 },
    )
    .toBe(true)
  expect(session.cells()).toEqual([cell.cellId])
  away.resolve()
  expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['10'])
})
