import type { CommandSpec } from './command-spec.ts'
import { consoleSpec } from './console-command.ts'
import { evalSpec } from './eval-command.ts'
import { fleetSpec } from './fleet-command.ts'
import { hostsSpec } from './hosts-command.ts'
import { loginSpec, logoutSpec } from './login-commands.ts'
import { execSpec, serveSpec, toolsSpec } from './run-commands.ts'
import { approveSpec, terminateSpec } from './approval-commands.ts'
import { answerSpec, cellsSpec, ledgerSpec, revertSpec, sessionsSpec } from './session-commands.ts'
import { addSpec, codexHostSpec, completionSpec, doctorSpec, helpSpec, removeSpec } from './setup-commands.ts'
import { traceSpec } from './trace-commands.ts'

/** The tables of all commands, in the order of the help text. */
export const allCommands: readonly CommandSpec[] = [
  execSpec,
  toolsSpec,
  serveSpec,
  hostsSpec,
  fleetSpec,
  addSpec,
  removeSpec,
  loginSpec,
  logoutSpec,
  doctorSpec,
  sessionsSpec,
  cellsSpec,
  ledgerSpec,
  answerSpec,
  approveSpec,
  terminateSpec,
  revertSpec,
  consoleSpec,
  traceSpec,
  evalSpec,
  codexHostSpec,
  completionSpec,
  helpSpec,
]

/** The tables of all commands and their verbs. */
export function commandsWithVerbs(): readonly CommandSpec[] {
  return allCommands.flatMap((spec) => [spec, ...(spec.verbs ?? [])])
}
