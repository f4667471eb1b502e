import { CodecellError, messageOf } from '../../errors.ts'
import { calledUntil } from '../../protocol/adopted.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import type { ApprovalOptions, ApprovalRequest, ApprovalRule, Policy } from '../api/approval.ts'
import { adviceFor, checkOptions } from '../../options/check-options.ts'
import { approvalOptionNames, approvalRuleNames } from '../api/option-names.ts'

/** What was decided about a call without asking anybody, and why. */
export type Verdict = { readonly policy: Policy; readonly reason: string | null }

type CheckedRule = ApprovalRule & { readonly pattern: RegExp }

/** Says of each call whether it is made, asked about, or refused. */
export class ApprovalPolicy {
  readonly #options: ApprovalOptions
  readonly #rules: readonly CheckedRule[]

  /** Throws `INVALID_OPTION` for a rule that is none. */
  constructor(options: ApprovalOptions = {}) {
    checkOptions('approvals', options, approvalOptionNames)
    this.#options = options
    const { rules = [] } = options
    if (!Array.isArray(rules)) {
      throw new CodecellError('INVALID_OPTION', 'Cannot use the "rules" of approvals: a list is expected')
    }
    this.#rules = rules.map(checkedRule)
  }

  /**
   * A rule that names no tool, where a tool without a rule has a name like it, is misspelled: it would hold for nothing. Rules may
   * name tools that are not there now. Throws `INVALID_OPTION`.
   */
  checkNames(identifiers: readonly string[]): void {
    const known = new Set(identifiers)
    const named = new Set(this.#rules.map(({ tools }) => tools))
    const others = identifiers.filter((identifier) => !named.has(identifier))
    for (const { tools } of this.#rules) {
      if (tools.includes('*') || known.has(tools)) continue
      const advice = adviceFor(tools, others)
      if (advice === '') continue
      throw new CodecellError(
        'INVALID_OPTION',
        `Cannot use the rule for ${JSON.stringify(tools)}: there is no such tool; ${advice}`,
      )
    }
  }

  /** Whether any call of the tool can come to anything but being made. */
  concerns({ needsApproval }: Tool): boolean {
    const { decide, hints = 'none' } = this.#options
    return decide !== undefined || this.#rules.length > 0 || hints !== 'none' || needsApproval !== undefined
  }

  /**
   * Everybody who looks at the call gets a copy of its own. What the embedder's rules throw refuses the call; what the tool's own
   * function throws is thrown, for the cell to read.
   */
  async verdictOn(copy: () => ApprovalRequest, context: ToolCallContext): Promise<Verdict> {
    const { identifier } = copy()
    try {
      const decided = (await calledUntil(context.signal, () => this.#options.decide?.(copy()))) ?? null
      if (decided !== null) return verdictOf(decided)
      const rule = this.#rules.find(({ pattern }) => pattern.test(identifier))
      if (rule !== undefined) return { policy: rule.policy, reason: rule.reason ?? null }
    } catch (error) {
      return { policy: 'deny', reason: messageOf(error) }
    }
    return { policy: await this.#ownPolicy(copy(), context), reason: null }
  }

  async #ownPolicy({ tool, input }: ApprovalRequest, context: ToolCallContext): Promise<Policy> {
    const { needsApproval, annotations } = tool
    if (typeof needsApproval === 'function')
      return policyOf(await calledUntil(context.signal, () => needsApproval(input, context)))
    if (needsApproval !== undefined) return policyOf(needsApproval)
    const { hints = 'none' } = this.#options
    if (hints === 'none') return 'allow'
    const isAsked = hints === 'destructive' ? annotations?.destructiveHint === true : annotations?.readOnlyHint !== true
    return isAsked ? 'ask' : 'allow'
  }
}

/** What an embedder's code says. Neither yes nor no is not no: then somebody is asked. */
function policyOf(value: unknown): Policy {
  if (value === false || value === 'allow') return 'allow'
  return value === 'deny' ? 'deny' : 'ask'
}

function verdictOf(decided: unknown): Verdict {
  if (!isRecord(decided)) return { policy: policyOf(decided), reason: null }
  const { policy, reason } = decided
  return { policy: policyOf(policy), reason: typeof reason === 'string' ? reason : null }
}

function checkedRule(rule: ApprovalRule, index: number): CheckedRule {
  checkOptions(`approvals.rules[${index}]`, rule, approvalRuleNames)
  const { tools, policy } = rule
  const isPolicy = policy === 'allow' || policy === 'ask' || policy === 'deny'
  if (typeof tools === 'string' && tools !== '' && isPolicy) return { ...rule, pattern: patternOf(tools) }
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use the rule ${JSON.stringify(rule)}: "tools" has to name tools, and "policy" to be "allow", "ask" or "deny"`,
  )
}

function patternOf(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split('*')
      .map((part) => RegExp.escape(part))
      .join('.*')}$`,
    's',
  )
}
