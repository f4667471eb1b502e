import { closeSync, cpSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LossFault } from './fault-plan.ts'
import { Loser, type LoserOptions } from './loser.ts'
import type { ScenarioStore } from './shared-store.ts'
import type { Run } from './run.ts'

export type TakeoverOptions = LoserOptions & {
  /** The directory of the session. */
  readonly folder: string
  /** The shared store with the session; null: it is in the directory. */
  readonly store: ScenarioStore | null
  readonly startHeir: () => Promise<Run>
}

/** The owner of the session afterwards; both null: none. */
export type Takeover = { readonly owner: Run | null; readonly loser: Loser | null }

/**
 * Performs a fault that may cost a process its session, and lets other processes open the session until its owner is
 * known.
 */
export async function takeOver(run: Run, fault: LossFault, options: TakeoverOptions): Promise<Takeover> {
  await loseBy(run, fault, options)
  const loser = new Loser(run, fault, options)
  if (fault.target === 'copy') loser.lose()
  for (;;) {
    const heir = await options.startHeir()
    const came = await Promise.race([
      heir.first('opened').then(() => 'opened' as const),
      heir.first('refused').then(() => 'refused' as const),
      heir.agent.ended.then(() => 'ended' as const),
    ])
    if (came === 'opened') {
      loser.lose()
      loser.heirOpened()
      return { owner: heir, loser }
    }
    await heir.agent.ended
    if (came === 'ended') await options.store?.endLease()
    if (came === 'refused') {
      if (run.standing !== 'owner') options.trouble('a session that nobody has was refused')
      run.agent.resume()
      run.agent.release()
      run.goOn(heir.fault)
      return { owner: run, loser: null }
    }
    if (!heir.hasStruck) {
      options.trouble(`an agent ended by itself: ${heir.agent.said}`)
      return { owner: null, loser }
    }
  }
}

async function loseBy(run: Run, { target }: LossFault, { folder, store, random }: TakeoverOptions): Promise<void> {
  if (store !== null) {
    run.agent.pause()
    return await store.leaseOver()
  }
  const lease = join(folder, 'lease.db')
  switch (target) {
    case 'copy':
      // Suspended until then: the copy is what a crash at this point leaves, and lacks nothing.
      run.agent.pause()
      cpSync(folder, `${folder}-copy`, { recursive: true })
      renameSync(folder, join(folder, '..', '..', `moved-${run.number}`))
      return renameSync(`${folder}-copy`, folder)
    case 'lease-opened':
      return await openLease(run)
    case 'lease-read':
      return closeSync(openSync(lease, 'r'))
    case 'lease-removed':
      return rmSync(lease)
    case 'paused':
      if (random.below(2) === 0) await openLease(run)
      else rmSync(lease)
      return run.agent.pause()
    default:
      return target satisfies never
  }
}

async function openLease(run: Run): Promise<void> {
  run.agent.sayNow({ type: 'open-lease' })
  await Promise.race([run.first('lease-opened'), run.agent.ended])
}
