import { inspect } from 'node:util'
import { source, soon } from '../session/snapshots/counting-program.ts'
import { Opening } from '../session/snapshots/durable-trial.ts'

// node snapshot-agent.ts <location> begin|finish
// `begin` runs a program until it waits, and closes its session. `finish` opens the session, and runs the program to its end. It prints
// the texts, how often a snapshot was restored, the number of commands that were sent, and the warnings.

const [location = '', step = ''] = process.argv.slice(2)
// The calls of this program do not keep its process alive.
const alive = setInterval(() => undefined, 1000)
const opening = await Opening.at(location)
const { session, gate, hosts, warnings } = opening
if (step === 'begin') {
  await session.execute(source, soon)
  await gate.called(1)
  await opening.untilIdle()
} else {
  await gate.called(1)
  gate.open('answer')
  await gate.called(2)
  gate.open('second')
  const outcome = await session.observe('1', { yieldTimeMs: 600_000 })
  const texts = 'items' in outcome ? outcome.items.map((item) => ('text' in item ? item.text : inspect(item))) : []
  const restores = hosts.typesOf('restore').length
  process.stdout.write(JSON.stringify({ texts, restores, sent: opening.sentCommands, warnings }))
}
await opening[Symbol.asyncDispose]()
clearInterval(alive)
