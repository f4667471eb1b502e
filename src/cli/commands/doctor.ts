import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import supported from '../../../bin/supported-node.cjs'
import { createHostPool, createSession, messageOf, type HostProfile, type Outcome } from '../../index.ts'
import { isolateBinary } from '../../installation/isolate-binary.ts'
import { findTypeScript } from '../../installation/type-script.ts'
import { connectMcpServers, loadMcpConfig } from '../../mcp.ts'
import { exitCodes } from '../exit-codes.ts'
import { parseCommandLine } from '../command-line.ts'
import type { Io } from '../io.ts'
import { doctorSpec } from '../specs/setup-commands.ts'

/** What one check found: all is well, something optional is missing, or something needed is broken. */
type Finding = { readonly state: 'ok' | 'note' | 'broken'; readonly text: string; readonly advice: string | null }

/** `codecell doctor`: says what works on this machine, and what to do about what does not. */
export async function doctorCommand(args: readonly string[], { stdout }: Io): Promise<number> {
  const line = parseCommandLine(doctorSpec, args)
  const findings: Finding[] = []
  const report = (finding: Finding): void => {
    findings.push(finding)
    const mark = { ok: 'ok    ', note: 'note  ', broken: 'BROKEN' }[finding.state]
    stdout.write(`${mark}  ${finding.text}\n`)
    if (finding.advice !== null) stdout.write(`        ${finding.advice}\n`)
  }
  report(nodeVersion())
  report(binary())
  report(await hosts('default', 'broken'))
  report(await hosts('strict', 'note'))
  report(memoryWatch())
  report(typeScript())
  const config = line.text('config')
  if (config !== undefined) for (const finding of await servers(config)) report(finding)
  return findings.some(({ state }) => state === 'broken') ? exitCodes.scriptFailed : exitCodes.completed
}

function nodeVersion(): Finding {
  const text = `Node ${process.versions.node} (V8 ${process.versions.v8}) on ${process.platform} ${process.arch}`
  const advice = supported.runtimeProblem(supported.currentRuntime())
  return { state: advice === null ? 'ok' : 'broken', text, advice }
}

function binary(): Finding {
  const found = isolateBinary()
  return found.type === 'found'
    ? { state: 'ok', text: `isolated-vm has a binary: ${basename(found.path)}`, advice: null }
    : { state: 'broken', text: found.reason, advice: found.advice }
}

function typeScript(): Finding {
  const found = findTypeScript()
  return found.type === 'usable'
    ? { state: 'ok', text: `Type notes use TypeScript ${found.version}`, advice: null }
    : { state: 'note', text: `There are no type notes: ${found.reason}`, advice: 'npm install typescript@7' }
}

/** Runs a cell on a real host. */
async function hosts(profile: HostProfile, ifNot: 'note' | 'broken'): Promise<Finding> {
  try {
    const startedAt = performance.now()
    await using pool = createHostPool({ size: 1, profile })
    await using session = await createSession({ hosts: pool })
    const outcome = await session.execute('text(6 * 7)')
    const ms = Math.round(performance.now() - startedAt)
    return findingOf(outcome, { profile, ifNot, ms, failedStarts: pool.failedStarts })
  } catch (error) {
    return {
      state: ifNot,
      text: `A host in the ${profile} profile does not run: ${messageOf(error)}`,
      advice: adviceFor(profile),
    }
  }
}

type HostCheck = {
  readonly profile: HostProfile
  readonly ifNot: 'note' | 'broken'
  readonly ms: number
  /** Why starts failed before one succeeded. */
  readonly failedStarts: readonly string[]
}

/** What came of the cell that was run. */
export function findingOf(outcome: Outcome, { profile, ifNot, ms, failedStarts }: HostCheck): Finding {
  if (outcome.type === 'completed') {
    const text = `A host in the ${profile} profile runs a cell (${ms} ms from start to end)`
    const last = failedStarts.at(-1)
    if (last === undefined) return { state: 'ok', text, advice: null }
    return {
      state: 'note',
      text: `${text}, but ${failedStarts.length === 1 ? 'a start' : `${failedStarts.length} starts`} failed before: ${last}`,
      advice:
        'Cells wait until a host starts. Free memory, or raise the limits on processes and open files (ulimit -u, -n)',
    }
  }
  if (outcome.type === 'yielded' && outcome.waitsForHost !== undefined) {
    const text = `A cell waits for a host in the ${profile} profile, because none can be started: ${outcome.waitsForHost}`
    return { state: ifNot, text, advice: adviceFor(profile) }
  }
  return {
    state: ifNot,
    text: `A host in the ${profile} profile starts, but a cell ended as "${outcome.type}"`,
    advice: adviceFor(profile),
  }
}

function adviceFor(profile: HostProfile): string {
  return profile === 'strict'
    ? 'The strict profile needs /bin/sh with "ulimit -d" (Linux or macOS); from source, run "npm run build" first'
    : 'Fix what is broken above first; the message has what the host said'
}

function memoryWatch(): Finding {
  const works = existsSync('/proc/self/statm')
  return works
    ? { state: 'ok', text: 'The memory of hosts is watched from outside', advice: null }
    : {
        state: 'note',
        text: 'The memory of hosts cannot be watched on this platform (there is no /proc)',
        advice: 'Only the limit of the isolate holds; bound the memory of the agent from outside, or run it on Linux',
      }
}

async function servers(config: string): Promise<Finding[]> {
  try {
    const configs = await loadMcpConfig(config)
    await using connected = await connectMcpServers(configs)
    return configs.map(({ name }): Finding => {
      const failure = connected.failures.find(({ server }) => server === name)
      const count = connected.tools.filter(({ namespace }) => namespace === `mcp__${name}`).length
      return failure === undefined
        ? { state: 'ok', text: `MCP server "${name}" starts and has ${count} tools`, advice: null }
        : {
            state: 'broken',
            text: `MCP server "${name}" does not start: ${failure.message}`,
            advice: 'Run its command by hand',
          }
    })
  } catch (error) {
    return [{ state: 'broken', text: messageOf(error), advice: 'Mend the configuration file' }]
  }
}
