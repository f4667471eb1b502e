import { isRecord } from '../../src/protocol/json.ts'
import type { ConformanceCase, Step } from './case.ts'

/** Times from here on, in milliseconds, are long enough for a slow machine. */
const ampleMs = 1000

const shortWish = /("yield_time_ms":\s*)(\d+)/

/**
 * Returns a case with short yield times and pauses multiplied by `factor`. They keep a case short, but a slow machine
 * needs more time for what must happen before they end.
 */
export function stretched(conformanceCase: ConformanceCase, factor: number): ConformanceCase {
  const stretch = (ms: number): number => (ms < ampleMs ? ms * factor : ms)
  return { ...conformanceCase, steps: conformanceCase.steps.map((step) => stretchedStep(step, stretch)) }
}

/** Returns whether a case races time: one of its hints is short, or it pauses. */
export function isTimed(conformanceCase: ConformanceCase): boolean {
  const longer = stretched(conformanceCase, 2)
  return JSON.stringify(longer.steps) !== JSON.stringify(conformanceCase.steps)
}

function stretchedStep(step: Step, stretch: (ms: number) => number): Step {
  switch (step.do) {
    case 'exec':
    case 'wait':
      return step.yieldMs === undefined ? step : { ...step, yieldMs: stretch(step.yieldMs) }
    case 'sleep':
      return { ...step, ms: stretch(step.ms) }
    case 'modelExec':
      return typeof step.input === 'string' ? { ...step, input: stretchedInput(step.input, stretch) } : step
    case 'modelWait':
      return { ...step, arguments: stretchedArguments(step.arguments, stretch) }
    default:
      return step
  }
}

function stretchedInput(input: string, stretch: (ms: number) => number): string {
  return input.replace(shortWish, (_, name: string, ms: string) => name + String(stretch(Number(ms))))
}

function stretchedArguments(args: unknown, stretch: (ms: number) => number): unknown {
  if (!isRecord(args) || typeof args['yield_time_ms'] !== 'number') return args
  return { ...args, yield_time_ms: stretch(args['yield_time_ms']) }
}
