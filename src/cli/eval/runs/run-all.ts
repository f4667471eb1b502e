import type { Task } from '../tasks/task.ts'
import type { Mode } from '../agent/tool-runner.ts'
import type { ResultsFile } from './results-file.ts'
import { runTask, type RunServices } from './run-task.ts'
import type { RunKey, RunRecord } from './run-record.ts'

type PlannedRun = { readonly task: Task; readonly key: RunKey }

export type RunAllOptions = {
  readonly tasks: readonly Task[]
  readonly modes: readonly Mode[]
  readonly repeats: number
  readonly concurrency: number
  readonly results: ResultsFile
  readonly services: RunServices
  /** Called for each run that ended. */
  readonly onRun: (record: RunRecord, progress: { readonly done: number; readonly all: number }) => void
}

/**
 * Runs what has not finished yet, and adds each result to the file at once. Returns whether it stopped because every other run would
 * fail for the same reason. Rejects with the reason of the signal when it aborts.
 */
export async function runAll({ results, services, onRun, concurrency, ...plan }: RunAllOptions): Promise<boolean> {
  const planned = plannedRuns(plan)
  const left = planned.filter(({ key }) => !results.has(key))
  let done = planned.length - left.length
  let isStopped = false
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined && !isStopped; next = left.shift()) {
      services.signal.throwIfAborted()
      const { record, isFinal } = await runTask(next.task, next.key, services)
      results.add(record)
      isStopped ||= isFinal
      onRun(record, { done: ++done, all: planned.length })
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, work))
  const failure = workers.find((worker) => worker.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  return isStopped
}

/** Returns the runs of all repeats. The modes of a task follow each other, so that an interrupted evaluation compares both. */
function plannedRuns({
  tasks,
  modes,
  repeats,
}: Pick<RunAllOptions, 'tasks' | 'modes' | 'repeats'>): readonly PlannedRun[] {
  return Array.from({ length: repeats }, (_, repeat) => repeat).flatMap((repeat) =>
    tasks.flatMap((task) => modes.map((mode) => ({ task, key: { task: task.id, mode, repeat } }))),
  )
}
