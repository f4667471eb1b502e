import { inputRequired, type PrimitiveSchemaDefinition } from '@modelcontextprotocol/server'
import { approvalCard } from '../agent/approval-prompt/approval-card.ts'
import { approvalGroups, type ApprovalGroup } from '../agent/approval-prompt/approval-groups.ts'
import { spreadAnswer } from '../agent/approval-prompt/approval-answer.ts'
import { leftOutText, partToAsk } from '../agent/approval-prompt/part-to-ask.ts'
import type { ApprovalBatch, ApprovalDecision } from '../session/api/approval.ts'

type Elicitation = ReturnType<typeof inputRequired.elicit>

/** One question about calls of a program that wait at the same moment, and what it is about. */
export type ApprovalForm = { readonly question: Elicitation; readonly groups: readonly ApprovalGroup[] }

/** What a person can choose, in the words that they read. */
const choices = {
  once: 'allow these calls',
  counted: 'allow as many calls in this program as the number below says',
  session: 'allow every call of this tool in this session',
  deny: 'deny',
} as const

/** Longest reason that is passed on, in characters. */
const longestReason = 1000

/**
 * The form for a batch: what the person reads, and for each group of calls a choice, a number and a reason. It shows every call
 * that it is about; the others are asked about when these are decided. Those that no form can show are not in it.
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
 * What an answer means for each call that the form was about. Anything but a clear yes is a no: another answer than the form
 * offers, a missing one, or none at all (undefined).
 */
export function decisionsOf(
  { groups }: Pick<ApprovalForm, 'groups'>,
  content: Readonly<Record<string, unknown>> | undefined,
): ReadonlyMap<string, ApprovalDecision> {
  const decided = groups.flatMap(({ requests }, index) => [
    ...spreadAnswer(decisionOf(content ?? {}, { number: index + 1, waiting: requests.length }), requests),
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
      description: 'These included; needed only for that choice.',
      minimum: 1,
    },
    [`reason_${number}`]: { type: 'string', title: 'Why not', description: 'The program is told.' },
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
      // Who named no number has said yes to what was shown.
      return { type: 'allow_in_cell', calls: isCount(calls) ? calls : waiting }
    default:
      return {
        type: 'deny',
        reason:
          typeof reason === 'string' && reason.trim() !== ''
            ? reason.trim().slice(0, longestReason)
            : 'the user said no',
      }
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}
