import { availableParallelism } from 'node:os'
import { createHostPool } from '../../index.ts'
import { packageVersion } from '../../installation/package-version.ts'
import type { TracePrices } from '../../trace-view.ts'
import { modesOf, demanded, endpointOf, positive, settingsOf } from '../eval/eval-flags.ts'
import { listText } from '../eval/report/list-tasks.ts'
import { writeReports } from '../eval/report/write-reports.ts'
import { markdownReport } from '../eval/report/markdown-report.ts'
import { runLine } from '../eval/report/run-line.ts'
import { summarize, type EvalSummary } from '../eval/report/summary.ts'
import { textReport } from '../eval/report/text-report.ts'
import { taskDigests } from '../eval/runs/eval-settings.ts'
import { ResultsFile } from '../eval/runs/results-file.ts'
import { runAll } from '../eval/runs/run-all.ts'
import { taskServers } from '../eval/runs/task-servers.ts'
import { loadTasks, ownTasks, selectTasks } from '../eval/tasks/load-tasks.ts'
import type { TaskSet } from '../eval/tasks/task.ts'
import { parseCommandLine, usageError, type CommandLine } from '../common/command-line.ts'
import { engineOf } from '../common/engine-flag.ts'
import { exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { readPrices } from '../common/prices-file.ts'
import { interruption } from '../exec/interruption.ts'
import { evalSpec } from '../specs/eval-command.ts'

/** `codecell eval`: runs tasks with a model in both modes, and prints a report. Returns the exit code. */
export async function evalCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(evalSpec, args)
  if (line.has('json') && line.has('markdown')) {
    throw usageError(evalSpec, 'Cannot use --json with --markdown: expected one of both')
  }
  const selection = { patterns: line.list('task'), tags: line.list('tag') }
  const tasks = selectTasks(loadTasks(line.args[0] ?? ownTasks()), selection)
  if (line.has('list')) {
    io.stdout.write(listText(tasks, { isJson: line.has('json') }))
    return exitCodes.completed
  }
  const { summary, isStopped } = await evaluate(line, tasks, io)
  printReport(line, summary, io)
  if (isStopped) io.stderr.write('Stopped: the endpoint refuses every request for the same reason\n')
  return exitCodeOf(line, summary, isStopped)
}

async function evaluate(
  line: CommandLine,
  tasks: TaskSet,
  io: Io,
): Promise<{ readonly summary: EvalSummary; readonly isStopped: boolean }> {
  const { endpoint, keyVariable } = endpointOf(line, io.env)
  const settings = settingsOf(line, endpoint)
  const modes = modesOf(line)
  const repeats = positive(line, 'repeat', 1)
  const concurrency = positive(line, 'concurrency', 2)
  const prices: TracePrices | null = line.has('prices') ? readPrices(line.text('prices') ?? '') : null
  const folder = demanded(line, 'output', 'DIR')
  const onWarning = (text: string): void => void io.stderr.write(`${text}\n`)
  const serversOf = await taskServers(tasks, { hiddenVariable: keyVariable, onWarning })
  const digests = taskDigests(tasks)
  const results = new ResultsFile(folder, { format: 1, codecell: packageVersion, ...settings, tasks: digests })
  using interrupted = interruption()
  const { signal } = interrupted
  const size = Math.min(concurrency, availableParallelism())
  await using hosts = createHostPool({ engine: engineOf(line, { onWarning }).pool, size })
  const isStopped = await runAll({
    tasks: tasks.tasks,
    modes,
    repeats,
    concurrency,
    results,
    services: { settings, endpoint, hosts, serversOf, folder, isTraced: !line.has('no-trace'), signal },
    onRun: (record, progress) => {
      if (!line.has('quiet')) io.stderr.write(`${runLine(record, progress)}\n`)
    },
  })
  const summary = summarize({ settings, tasks: tasks.tasks, modes, repeats, records: results.records, prices })
  writeReports(folder, summary)
  return { summary, isStopped }
}

function printReport(line: CommandLine, summary: EvalSummary, { stdout }: Io): void {
  if (line.has('json')) stdout.write(`${JSON.stringify(summary)}\n`)
  else stdout.write(line.has('markdown') ? markdownReport(summary) : textReport(summary, line.text('output') ?? ''))
}

function exitCodeOf(line: CommandLine, { modes }: EvalSummary, isStopped: boolean): number {
  const wanted = line.number('min-success') ?? 0
  const isBelow = modes.some(({ passed, runs, errors }) => 100 * passed < wanted * (runs + errors))
  const hasErrors = modes.some(({ errors }) => errors > 0)
  return isStopped || isBelow || hasErrors ? exitCodes.scriptFailed : exitCodes.completed
}
