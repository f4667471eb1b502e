import { signs, type Break } from './breaks.ts'
import { Fleet } from './fleet.ts'
import type { FleetFaults } from './fleet-faults.ts'
import { FleetRound, type RoundResult } from './fleet-round.ts'
import { ServeRound } from './serve-round.ts'
import { pause } from './fleet-session.ts'

/** Rounds after which a break that nothing noticed counts as not noticed. */
const maxBreakRounds = 8

export type FleetCampaignOptions = {
  readonly seed: number
  /** Whether another round starts. */
  readonly isGoing: () => boolean
  readonly onRound: (result: RoundResult) => void
}

/** Runs rounds with random faults, one after the other, on one fleet. */
export async function runFleetCampaign({ seed, isGoing, onRound }: FleetCampaignOptions): Promise<void> {
  await using fleet = await Fleet.start()
  for (let next = seed; next === seed || isGoing(); next++)
    onRound(await new FleetRound(fleet, { seed: next, sessionCount: 4 }).play())
}

/** The same with MCP clients of servers. */
export async function runServeCampaign({ seed, isGoing, onRound }: FleetCampaignOptions): Promise<void> {
  await using fleet = await Fleet.start(null, 'serve-node.ts')
  for (let next = seed; next === seed || isGoing(); next++) onRound(await new ServeRound(fleet, next).play())
}

/** Takes out a protection, and lets fail what it protects from. Returns what the campaign noticed; none: nothing. */
export async function noticedBreak(broken: Break, seed: number): Promise<readonly string[]> {
  await using fleet = await Fleet.start(broken)
  for (let round = 0; round < maxBreakRounds; round++) {
    const directed = {
      direct: (faults: FleetFaults): Promise<void> => provoke(broken, faults, fleet),
      until: signs[broken],
    }
    const { violations } = await new FleetRound(fleet, { seed: seed + round, sessionCount: 2, directed }).play()
    const noticed = violations.filter((violation) => signs[broken].test(violation))
    if (noticed.length > 0) return noticed
  }
  return []
}

/** Strikes where the protection is needed, until the programs end. */
async function provoke(broken: Break, faults: FleetFaults, fleet: Fleet): Promise<void> {
  while (!faults.isOver) {
    await pause(300)
    switch (broken) {
      case 'fence':
        await faults.freeze('before-commit')
        break
      case 'barrier':
        await faults.killAtCommit()
        break
      case 'synchronous-commit':
        await pause(1500)
        await fleet.server.crash()
        break
      case 'owner-clock':
        await faults.freeze('after-commit')
        break
      case 'blob':
        await faults.killAtCommit()
        break
      case 'lease-start':
        await faults.freeze('late-renewal')
        break
      default:
        return broken satisfies never
    }
  }
}
