import { CodecellError, messageOf } from '../../errors.ts'
import { callUntilAborted } from '../../protocol/guarded-calls.ts'
import { isRecord } from '../../protocol/json.ts'
import { possibleIdentifiersOf } from '../../tools/identifiers.ts'
import type { ApprovalPolicy, Tool, ToolCallContext } from '../../tools/tool.ts'
import type { ApprovalOptions, ApprovalRequest, ApprovalRule } from '../api/approval.ts'
import { adviceFor, checkOptions } from '../../options/check-options.ts'
import { approvalOptionNames, approvalRuleNames } from '../api/option-names.ts'
import { escapePattern } from '../../text/escape-pattern.ts'

/** The policy of a call, and its reason. */
export type Verdict = { readonly policy: ApprovalPolicy; readonly reason: string | null }

type CheckedRule = ApprovalRule & { readonly pattern: RegExp }

/** Chooses the policy of each call. */
export class PolicyEvaluator {
  readonly #options: ApprovalOptions
  readonly #rules: readonly CheckedRule[]

  /** @throws {CodecellError} `INVALID_OPTION` for an invalid rule and an invalid option. */
  constructor(options: ApprovalOptions = {}) {
    checkApprovalOptions(options)
    this.#options = options
    const { rules = [] } = options
    if (!Array.isArray(rules)) {
      throw new CodecellError('INVALID_OPTION', 'Cannot use the "rules" of approvals: expected a list', {
        details: { option: 'approvals.rules', expected: 'a list' },
      })
    }
    this.#rules = rules.map(checkedRule)
  }

  /**
   * Checks the rules for misspelled names: a rule matches no tool, and a tool without a rule has a similar name. Rules can name
   * tools that do not exist yet.
   *
   * @throws {CodecellError} `INVALID_OPTION` for a misspelled name
   */
  checkNames(identifiers: readonly string[]): void {
    const known = new Set(identifiers)
    const named = new Set(this.#rules.map(({ tools }) => tools))
    const unnamed = identifiers.filter((identifier) => !named.has(identifier))
    for (const { tools } of this.#rules) {
      if (tools.includes('*') || known.has(tools)) continue
      const advice = adviceFor(tools, unnamed)
      if (advice === '') continue
      throw new CodecellError(
        'INVALID_OPTION',
        `Cannot use the rule for ${JSON.stringify(tools)}: unknown tool; ${advice}`,
        { details: { option: 'approvals.rules', value: tools, expected: 'the identifier of a tool' } },
      )
    }
  }

  /** Returns whether a call of the tool can get a policy other than `allow`. */
  concerns({ needsApproval }: Tool): boolean {
    const { decide, hints = 'none' } = this.#options
    return decide !== undefined || this.#rules.length > 0 || hints !== 'none' || needsApproval !== undefined
  }

  /**
   * Returns the policy of a call. Each function receives its own copy of the request. An error of `decide` denies the call. An
   * error of the tool's `needsApproval` rejects, so that the cell reads it.
   */
  async verdictOn(copy: () => ApprovalRequest, context: ToolCallContext): Promise<Verdict> {
    const { identifier, tool } = copy()
    try {
      const decided = (await callUntilAborted(context.signal, () => this.#options.decide?.(copy()))) ?? null
      if (decided !== null) return verdictOf(decided)
      const names = [identifier, ...variantNames(tool)]
      const rule = this.#rules.find(({ pattern }) => names.some((name) => pattern.test(name)))
      if (rule !== undefined) return { policy: rule.policy, reason: rule.reason ?? null }
    } catch (error) {
      return { policy: 'deny', reason: messageOf(error) }
    }
    return { policy: await this.#ownPolicy(copy(), context), reason: null }
  }

  async #ownPolicy({ tool, input }: ApprovalRequest, context: ToolCallContext): Promise<ApprovalPolicy> {
    const { needsApproval, annotations } = tool
    if (typeof needsApproval === 'function')
      return policyOf(await callUntilAborted(context.signal, () => needsApproval(input, context)))
    if (needsApproval !== undefined) return policyOf(needsApproval)
    const { hints = 'none' } = this.#options
    if (hints === 'none') return 'allow'
    const isAsked = hints === 'destructive' ? annotations?.destructiveHint === true : annotations?.readOnlyHint !== true
    return isAsked ? 'ask' : 'allow'
  }
}

/** Returns the possible identifiers of the tool whose variant a tool is: its name can collide with the name of another tool. */
function variantNames({ namespace = null, variantOf }: Tool): readonly string[] {
  return variantOf === undefined ? [] : possibleIdentifiersOf({ namespace, name: variantOf })
}

/** Parses the policy that code of the embedder returned. An invalid policy counts as `ask`. */
function policyOf(value: unknown): ApprovalPolicy {
  if (value === 'allow') return 'allow'
  return value === 'deny' ? 'deny' : 'ask'
}

function verdictOf(decided: unknown): Verdict {
  if (!isRecord(decided)) return { policy: policyOf(decided), reason: null }
  const { policy, reason } = decided
  return { policy: policyOf(policy), reason: typeof reason === 'string' ? reason : null }
}

/** The options for decisions about calls with the policy `ask`, which exclude each other. */
const channels = ['onRequest', 'onBatch', 'hold'] as const

/** @throws {CodecellError} `INVALID_OPTION` for an unknown option, and for options that exclude each other. */
export function checkApprovalOptions(options: ApprovalOptions): void {
  checkOptions('approvals', options, approvalOptionNames)
  const used = channels.filter((channel) => options[channel] !== undefined && options[channel] !== false)
  if (used.length < 2) return
  const names = used.map((name) => `"${name}"`).join(' and ')
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use ${names} of approvals together: expected at most one of "onRequest", "onBatch" and "hold"`,
    { details: { option: `approvals.${used[0]}`, expected: 'at most one of "onRequest", "onBatch" and "hold"' } },
  )
}

function checkedRule(rule: ApprovalRule, index: number): CheckedRule {
  checkOptions(`approvals.rules[${index}]`, rule, approvalRuleNames)
  const { tools, policy } = rule
  const isPolicy = policy === 'allow' || policy === 'ask' || policy === 'deny'
  if (typeof tools === 'string' && tools !== '' && isPolicy) return { ...rule, pattern: patternOf(tools) }
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use the rule ${JSON.stringify(rule)}: expected "tools" to name tools, and "policy" to be "allow", "ask" or "deny"`,
    { details: { option: `approvals.rules[${index}]` } },
  )
}

function patternOf(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split('*')
      .map((part) => escapePattern(part))
      .join('.*')}$`,
    's',
  )
}
