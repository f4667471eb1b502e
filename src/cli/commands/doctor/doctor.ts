import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import supported from '../../../../bin/supported-node.cjs'
import type { HostProfile, CellOutcome } from '../../../index.ts'
import { messageOf } from '../../../errors.ts'
import { isolateBinary } from '../../../installation/isolate-binary.ts'
import { packageVersion } from '../../../installation/package-version.ts'
import { findTypeScript } from '../../../installation/type-script.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import { parseCommandLine } from '../../common/command-line.ts'
import type { Io } from '../../common/io.ts'
import { doctorSpec } from '../../specs/setup-commands.ts'
import type { Check, Finding } from './doctor-finding.ts'
import { autoEngine, engineLines, engineReports, runOnHost, type TestRun } from './doctor-engines.ts'
import { documentFindings } from './doctor-documents.ts'
import { serverFindings } from './doctor-servers.ts'

/** `codecell doctor`: checks this machine's setup, with advice for each problem. */
export async function doctorCommand(args: readonly string[], { stdout }: Io): Promise<number> {
  const line = parseCommandLine(doctorSpec, args)
  const isJson = line.has('json')
  const findings: Finding[] = []
  const print = ({ state, text, advice }: Omit<Finding, 'check'>): void => {
    if (isJson) return
    const mark = { ok: 'ok    ', note: 'note  ', broken: 'BROKEN' }[state]
    stdout.write(`${mark}  ${text}\n`)
    if (advice !== null) stdout.write(`        ${advice}\n`)
  }
  const report = (finding: Finding): void => {
    findings.push(finding)
    print(finding)
  }
  report(nodeVersion())
  report(binary())
  const host = await hosts('default', 'broken')
  report(host.finding)
  report((await hosts('strict', 'note')).finding)
  const engines = await engineReports(host.run)
  engineLines(engines).forEach(print)
  report(memoryWatch())
  report(typeScript())
  const config = line.text('config')
  if (config !== undefined) {
    for (const finding of [...(await serverFindings(config)), ...(await documentFindings(config))]) report(finding)
  }
  const isOk = findings.every(({ state }) => state !== 'broken')
  if (isJson) stdout.write(`${JSON.stringify({ ok: isOk, version: packageVersion, findings, engines }, null, 2)}\n`)
  return isOk ? exitCodes.completed : exitCodes.scriptFailed
}

function nodeVersion(): Finding {
  const runtime = supported.currentRuntime()
  const name = runtime.name === 'Node' ? 'Node' : `${runtime.name} ${runtime.version}, as Node`
  const text = `${name} ${process.versions.node} (V8 ${process.versions.v8}) on ${process.platform} ${process.arch}`
  const advice = supported.runtimeProblem(runtime)
  return { check: 'node', state: advice === null ? 'ok' : 'broken', text, advice }
}

function binary(): Finding {
  const found = isolateBinary()
  return found.type === 'found'
    ? { check: 'isolate_binary', state: 'ok', text: `isolated-vm has a binary: ${basename(found.path)}`, advice: null }
    : { check: 'isolate_binary', state: 'note', text: found.reason, advice: found.advice }
}

function typeScript(): Finding {
  const found = findTypeScript()
  return found.type === 'usable'
    ? { check: 'typescript', state: 'ok', text: `Type notes use TypeScript ${found.version}`, advice: null }
    : {
        check: 'typescript',
        state: 'note',
        text: `Type notes are unavailable: ${found.reason}`,
        advice: 'npm install typescript@7',
      }
}

type CheckedHost = { readonly finding: Finding; readonly run: TestRun | null }

/** Runs a cell on a real host with the engine that `auto` takes. */
async function hosts(profile: HostProfile, ifNot: 'note' | 'broken'): Promise<CheckedHost> {
  try {
    const run = await runOnHost({ profile, engine: autoEngine() })
    const { ms, failedStarts } = run
    return { finding: findingOf(run.outcome, { profile, ifNot, ms, failedStarts }), run }
  } catch (error) {
    const text = `A host in the ${profile} profile does not run: ${messageOf(error)}`
    return { finding: { check: checkOf(profile), state: ifNot, text, advice: adviceFor(profile) }, run: null }
  }
}

type HostCheck = {
  readonly profile: HostProfile
  readonly ifNot: 'note' | 'broken'
  readonly ms: number
  /** The reasons of starts that failed before one succeeded. */
  readonly failedStarts: readonly string[]
}

function checkOf(profile: HostProfile): Check {
  return profile === 'strict' ? 'strict_host' : 'default_host'
}

/** Returns the finding for the outcome of the cell. */
export function findingOf(outcome: CellOutcome, { profile, ifNot, ms, failedStarts }: HostCheck): Finding {
  const check = checkOf(profile)
  if (outcome.type === 'completed') {
    const text = `A host in the ${profile} profile runs a cell (${ms} ms from start to end)`
    const last = failedStarts.at(-1)
    if (last === undefined) return { check, state: 'ok', text, advice: null }
    return {
      check,
      state: 'note',
      text: `${text}, but ${failedStarts.length === 1 ? 'a start' : `${failedStarts.length} starts`} failed before: ${last}`,
      advice:
        'Cells wait until a host starts. Free memory, or raise the limits on processes and open files (ulimit -u, -n)',
    }
  }
  if (outcome.type === 'yielded' && outcome.waitsForHost !== undefined) {
    const text = `A cell waits for a host in the ${profile} profile, because none can be started: ${outcome.waitsForHost}`
    return { check, state: ifNot, text, advice: adviceFor(profile) }
  }
  return {
    check,
    state: ifNot,
    text: `A host in the ${profile} profile starts, but a cell ended as "${outcome.type}"`,
    advice: adviceFor(profile),
  }
}

function adviceFor(profile: HostProfile): string {
  return profile === 'strict'
    ? 'The strict profile needs /bin/sh with "ulimit -d" (Linux or macOS); from source, run "npm run build" first'
    : 'Fix the problems above first; the message has the error output of the host'
}

function memoryWatch(): Finding {
  const works = existsSync('/proc/self/statm')
  return works
    ? { check: 'memory_watch', state: 'ok', text: 'The memory of hosts is monitored from outside', advice: null }
    : {
        check: 'memory_watch',
        state: 'note',
        text: 'The memory of hosts cannot be monitored on this platform (no /proc)',
        advice: 'Only the limit of the isolate applies; limit the memory of the agent from outside, or run it on Linux',
      }
}
