import { messageOf } from '../src/errors.ts'
import { BenchTools } from './bench-tools.ts'
import { isRivalName, type Rival } from './rival.ts'
import { rivals } from './rivals/rivals.ts'
import { parseRoundRequest, type RoundReply } from './round-message.ts'
import type { Bench } from './workload.ts'
import { workloads } from './workloads/workloads.ts'

// A measuring process: holds one rival and runs the rounds that the benchmark requests. Rivals do not share a process,
// so that none pays for the memory of another or dies with it.

const rival = rivalNamed(process.argv[2] ?? '')
const tools = new BenchTools()

try {
  const running = await rival.start(tools.tools)
  process.on('message', (message) => void answer(parseRoundRequest(message), running))
  reply({ type: 'ready' })
} catch (error) {
  reply({ type: 'failed', reason: messageOf(error) })
}

function rivalNamed(name: string): Rival {
  if (isRivalName(name)) return rivals[name]
  throw new RangeError(`Cannot measure "${name}": unknown rival`)
}

async function answer(
  { workload: name, quick }: { workload: string; quick: boolean },
  running: Bench['running'],
): Promise<void> {
  try {
    const workload = workloads.find((each) => each.name === name)
    if (workload === undefined) throw new RangeError(`Cannot run workload "${name}": unknown workload`)
    reply({ type: 'readings', readings: await workload.round({ rival, running, tools, quick }) })
  } catch (error) {
    reply({ type: 'failed', reason: messageOf(error) })
  }
}

function reply(message: RoundReply): void {
  process.send?.(message)
}
