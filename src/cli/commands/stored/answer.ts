import { text as readText } from 'node:stream/consumers'
import { messageOf } from '../../../errors.ts'
import { provideResult, type CallResultInput } from '../../../index.ts'
import { parseCommandLine, usageError, type CommandLine } from '../../common/command-line.ts'
import { demandLocation } from '../../common/session-location.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { answerSpec } from '../../specs/session-commands.ts'

/** `codecell answer SESSION KEY --durable DIR`: provides the result of a deferred call. */
export async function answerCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(answerSpec, args)
  const [sessionId = '', key = ''] = line.args
  const requestId = line.text('request-id')
  await using location = demandLocation(line, io.env)
  await provideResult({
    ...location.options,
    sessionId,
    key,
    ...(await resultOf(line, io)),
    ...(requestId === undefined ? {} : { requestId }),
  })
  return exitCodes.completed
}

async function resultOf(line: CommandLine, { stdin }: Io): Promise<CallResultInput> {
  const [json, error, input] = [line.text('json'), line.text('error'), line.args[2]]
  const given = [json, error, input].filter((value) => value !== undefined)
  if (given.length !== 1 || (input !== undefined && input !== '-')) {
    throw usageError(answerSpec, 'Cannot provide a result: expected one of --json JSON, --error TEXT and "-"')
  }
  if (error !== undefined) return { error }
  const source = input === '-' || json === '-' ? await readText(stdin) : (json ?? '')
  try {
    const result: unknown = JSON.parse(source)
    return { result }
  } catch (cause) {
    throw usageError(answerSpec, `Cannot provide a result: expected JSON: ${messageOf(cause)}`)
  }
}
