import './installation/check-node.ts'
export { approvalCard, type CardOptions } from './agent/approval-prompt/approval-card.ts'
export type { ModelResponse } from './agent/response/response.ts'
export {
  createCodeModeTools,
  type CodeModeTools,
  type ModelExecTool,
  type ModelWaitTool,
} from './agent/tools/code-mode-tools.ts'
export type { CodeModeToolsOptions, ExecCallOptions, WaitCallOptions } from './agent/tools/code-mode-options.ts'
export type { ExecToolSpec } from './agent/tools/exec-tool.ts'
export type { WaitBackoffOptions, WaitPolicy, WaitTimingOptions } from './agent/tools/wait-backoff.ts'
export type { WaitToolSpec } from './agent/tools/wait-tool.ts'
export {
  CodecellError,
  errorCodes,
  type CodecellErrorCode,
  type ErrorDetails,
  type ToolErrorDetails,
} from './errors.ts'
export type { SessionEvent, SessionListener, SourceLocation } from './events/session-event.ts'
export type { OutcomeLimitName } from './protocol/cell-limits.ts'
export type { ContentItem, ImageDetail } from './protocol/content-item.ts'
export type { HostProfile } from './protocol/message.ts'
export type { PromiseUse, Remark } from './protocol/remark.ts'
export type {
  ApprovalBatch,
  ApprovalBatchDecision,
  ApprovalBatchHandler,
  ApprovalDecision,
  ApprovalOptions,
  ApprovalPolicyDecision,
  ApprovalRequest,
  ApprovalRequestHandler,
  ApprovalRule,
} from './session/api/approval.ts'
export type { CallResultInput, DeferredCall, ProvideResultOptions } from './session/api/deferred-call.ts'
export type { FollowEvent, FollowOptions } from './session/api/follow-event.ts'
export type { HostPool, HostPoolOptions } from './session/api/host-pool.ts'
export type { NodeTls } from './remote/node/dial.ts'
export { remoteHosts, type RemoteHostsOptions } from './remote/node/remote-hosts.ts'
export type {
  CellOutcome,
  CompletedOutcome,
  FailedOutcome,
  MissingOutcome,
  TerminatedOutcome,
  YieldedOutcome,
} from './session/api/outcome.ts'
export type { RevertEntry, RevertReport } from './session/api/revert-report.ts'
export type {
  CellNotification,
  CloseOptions,
  ExecuteOptions,
  ObserveOptions,
  Session,
  SessionOptions,
  SessionWarning,
  StorageOptions,
  TerminateOptions,
} from './session/api/session-options.ts'
export { createHostPool } from './session/hosts/create-host-pool.ts'
export { limitRanges, type LimitName, type Limits } from './session/common/limits.ts'
export { decideApproval, type StoredDecision } from './session/decide-approval.ts'
export { provideResult, type StoredCallResult } from './session/provide-result.ts'
export { createSession, openSession } from './session/create-session.ts'
export { settleCall, type StoredSettlement } from './session/settle-call.ts'
export { terminateCell, type StoredTermination, type TerminationReport } from './session/terminate-cell.ts'
export { readSession, readSessions } from './storage/reports/read-sessions.ts'
export type {
  ApprovalReport,
  CellReport,
  CellWait,
  DecisionReport,
  EngineCount,
  SessionReport,
  SessionSummary,
  SessionUser,
  UnreadableSession,
} from './storage/disk/session-report.ts'
export type { EngineChoice, EngineName } from './protocol/engine-name.ts'
export { engineIdOf, type EnginePrint } from './protocol/engine-print.ts'
export type { Settlement } from './storage/settlement.ts'
export type { CallState, Deferral, LedgerEntry, ProvidedResult, RevertState } from './storage/ledger.ts'
export type { CatalogueEntry } from './tools/catalogue-entry.ts'
export type { Catalogue } from './tools/catalogue.ts'
export type { DeferOptions, DeferredResult } from './tools/deferred-result.ts'
export { defineTool, type ToolDefinition } from './tools/define-tool.ts'
export type { JsonSchema, StandardSchema, ToolSchema } from './tools/schema/standard-schema.ts'
export type { ApprovalPolicy, RevertedCall, Tool, ToolAnnotations, ToolCallContext, ToolCaller } from './tools/tool.ts'
