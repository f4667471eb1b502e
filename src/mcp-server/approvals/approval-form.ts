import { inputRequired, type PrimitiveSchemaDefinition } from '@modelcontextprotocol/server'
import { approvalCard } from '../../agent/approval-prompt/approval-card.ts'
import { approvalGroups, type ApprovalGroup } from '../../agent/approval-prompt/approval-groups.ts'
import { spreadDecision } from '../../agent/approval-prompt/spread-decision.ts'
import { leftOutText, partToAsk } from '../../agent/approval-prompt/part-to-ask.ts'
import type { ApprovalBatch, ApprovalDecision } from '../../session/api/approval.ts'

type Elicitation = ReturnType<typeof inputRequired.elicit>

/** A form about calls of a program that wait at the same time, and the calls that it is about. */
export type ApprovalForm = { readonly question: Elicitation; readonly groups: readonly ApprovalGroup[] }

/** The choices of the user, in the words of the form. */
const choices = {
  once: 'allow these calls',
  counted: 'allow the number of calls below in this program',
  session: 'allow all calls of this tool in this session',
  deny: 'deny',
} as const

/** In characters; longer reasons are truncated. */
const maxReason = 1000

/**
 * Returns the form for a batch: a message, and for each group of calls a choice, a number and a reason. The message shows every call
 * of the form. A later form has the rest; calls that no form can show are omitted.
 */
export function approvalForm(batch: ApprovalBatch): ApprovalForm {
  const { asked: requests, later } = partToAsk(batch.requests)
  const groups = approvalGroups(requests)
  const leftOut = leftOutText({ later, tooLong: [] })
  const more = leftOut === '' ? '' : `\n\n${leftOut}`
  const fields = groups.flatMap((group, index) => Object.entries(fieldsOf(group, index + 1)))
  const question = inputRequired.elicit({
    message: `Allow these calls of a program?\n\n${approvalCard({ source: batch.source, requests })}${more}`,
    requestedSchema: {
      type: 'object',
      properties: Object.fromEntries(fields),
      required: groups.map((_, index) => `decision_${index + 1}`),
    },
  })
  return { question, groups }
}

/**
 * Returns the decision about each call of the form. Anything other than explicit approval is a denial: unknown choices, missing
 * ones, or no content at all.
 */
export function decisionsOf(
  { groups }: Pick<ApprovalForm, 'groups'>,
  content: Readonly<Record<string, unknown>> | undefined,
): ReadonlyMap<string, ApprovalDecision> {
  const decided = groups.flatMap(({ requests }, index) => [
    ...spreadDecision(decisionOf(content ?? {}, { number: index + 1, waiting: requests.length }), requests),
  ])
  return new Map(decided)
}

type Fields = Record<string, PrimitiveSchemaDefinition>

function fieldsOf(group: ApprovalGroup, number: number): Fields {
  return {
    [`decision_${number}`]: { type: 'string', title: group.title, enum: Object.values(choices) },
    [`calls_${number}`]: {
      type: 'integer',
      title: 'How many calls',
      description: 'Includes the calls above. Required only for that choice.',
      minimum: 1,
    },
    [`reason_${number}`]: { type: 'string', title: 'Reason for denial', description: 'The program receives it.' },
  }
}

function decisionOf(
  content: Readonly<Record<string, unknown>>,
  { number, waiting }: { readonly number: number; readonly waiting: number },
): ApprovalDecision {
  const calls = content[`calls_${number}`]
  const reason = content[`reason_${number}`]
  switch (content[`decision_${number}`]) {
    case choices.once:
      return { type: 'allow' }
    case choices.session:
      return { type: 'allow_in_session' }
    case choices.counted:
      // Without a number the approval applies to the calls of the form.
      return { type: 'allow_in_cell', calls: isCount(calls) ? calls : waiting }
    default:
      return {
        type: 'deny',
        reason:
          typeof reason === 'string' && reason.trim() !== '' ? reason.trim().slice(0, maxReason) : 'the user declined',
      }
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}
