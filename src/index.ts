import './installation/check-node.ts'
export { approvalCard, groupCard, programCard, type CardOptions } from './agent/approval-prompt/approval-card.ts'
export { spreadDecision } from './agent/approval-prompt/spread-decision.ts'
export { partToAsk, type PartToAsk } from './agent/approval-prompt/part-to-ask.ts'
export { shownInput, type ShownInput, type ShownInputOptions } from './agent/approval-prompt/shown-input.ts'
export { approvalGroups, type ApprovalGroup } from './agent/approval-prompt/approval-groups.ts'
export { visibleText } from './agent/approval-prompt/visible-text.ts'
export {
  createCodeModeTools,
  type CodeModeTools,
  type ModelExecTool,
  type ModelWaitTool,
} from './agent/tools/code-mode-tools.ts'
export type { CodeModeToolsOptions, ExecCallOptions, WaitCallOptions } from './agent/tools/code-mode-options.ts'
export {
  augmentedToolDescription,
  execDescription,
  type ExecDescriptionOptions,
} from './agent/tools/exec-description.ts'
export { execInputSchema, parseExecArguments } from './agent/input/exec-arguments.ts'
export { parseExecInput, type ExecInput } from './agent/input/exec-input.ts'
export { createProgramChecks, type ProgramChecks } from './agent/preflight/program-checks.ts'
export { execToolSpec, type ExecToolSpec } from './agent/tools/exec-tool.ts'
export { notificationItem, type NotificationItem } from './agent/response/notification-item.ts'
export {
  errorResponse,
  formatHeader,
  formatResponse,
  type ModelResponse,
  type ResponseOptions,
  type ResponseStatus,
} from './agent/response/response.ts'
export { truncateItems } from './agent/response/truncate.ts'
export { parseWaitInput, type WaitInput } from './agent/input/wait-input.ts'
export { waitDescription, waitToolSpec, type WaitToolSpec } from './agent/tools/wait-tool.ts'
export { CodecellError, messageOf, errorCodes, type CodecellErrorCode, type ErrorDetails } from './errors.ts'
export type { WaitBackoffOptions, WaitPolicy, WaitTimingOptions } from './agent/tools/wait-backoff.ts'
export type { CallState, LedgerEntry, RevertState } from './storage/ledger.ts'
export { readSession, readSessions } from './storage/disk/read-sessions.ts'
export type {
  ApprovalReport,
  CellReport,
  CellWait,
  SessionReport,
  SessionSummary,
  SessionUser,
  UnreadableSession,
} from './storage/disk/session-report.ts'
export type { SessionEvent, SessionListener, SourceLocation } from './events/session-event.ts'
export type { ContentItem, ImageDetail } from './protocol/content-item.ts'
export type { HostProfile } from './protocol/message.ts'
export { remarkText, type PromiseUse, type Remark } from './protocol/remark.ts'
export type {
  ApprovalBatch,
  ApprovalDecision,
  ApprovalBatchDecision,
  ApprovalBatchHandler,
  ApprovalOptions,
  ApprovalPolicyDecision,
  ApprovalRequest,
  ApprovalRequestHandler,
  ApprovalRule,
} from './session/api/approval.ts'
export type { HostPool, HostPoolOptions } from './session/api/host-pool.ts'
export { createHostPool } from './session/hosts/host-pool.ts'
export { limitRanges, type LimitName, type Limits } from './session/limits.ts'
export type { FollowEvent, FollowOptions } from './session/api/follow-event.ts'
export type {
  CellOutcome,
  CompletedOutcome,
  FailedOutcome,
  MissingOutcome,
  TerminatedOutcome,
  YieldedOutcome,
} from './session/api/outcome.ts'
export type { OutcomeLimitName } from './protocol/cell-limits.ts'
export type { RevertEntry, RevertReport } from './session/api/revert-report.ts'
export { createSession, openSession } from './session/session.ts'
export type {
  StorageOptions,
  ExecuteOptions,
  Notification,
  ObserveOptions,
  Session,
  SessionOptions,
  SessionWarning,
  TerminateOptions,
} from './session/api/session-options.ts'
export type { CatalogueEntry } from './tools/catalogue-entry.ts'
export { createCatalogue, type Catalogue, type CatalogueOptions } from './tools/catalogue.ts'
export { defineTool, type ToolDefinition } from './tools/define-tool.ts'
export type { JsonSchema, StandardSchema, ToolSchema } from './tools/schema/standard-schema.ts'
export { joinName, normalizeName } from './tools/names.ts'
export type { ApprovalPolicy, RevertedCall, Tool, ToolAnnotations, ToolCallContext, ToolCaller } from './tools/tool.ts'
export type { WrittenSection } from './tools/validation/write-sections.ts'
