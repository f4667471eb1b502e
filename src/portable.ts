import './platform/disposal.ts'
export {
  createCodeModeTools,
  type CodeModeTools,
  type ModelExecTool,
  type ModelWaitTool,
} from './agent/tools/code-mode-tools.ts'
export type { CodeModeToolsOptions, ExecCallOptions, WaitCallOptions } from './agent/tools/code-mode-options.ts'
export type { ExecToolSpec } from './agent/tools/exec-tool.ts'
export type { WaitToolSpec } from './agent/tools/wait-tool.ts'
export { errorResponse, type ModelResponse } from './agent/response/response.ts'
export { fromFunctions, type FunctionDefinition, type ToolFunction } from './adapters/toolkits/from-functions.ts'
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
export type { EnginePrint } from './protocol/engine-print.ts'
export type { PromiseUse, Remark } from './protocol/remark.ts'
export { createHostPool, type HostPoolOptions } from './portable/create-host-pool.ts'
export { createSession, type SessionOptions } from './portable/create-session.ts'
export type { WasmSource } from './portable/wasm-source.ts'
export type { HostWorker } from './portable/worker-transport.ts'
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
export type { HostPool } from './session/api/host-pool.ts'
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
  SessionWarning,
  TerminateOptions,
} from './session/api/session-options.ts'
export { limitRanges, type LimitName, type Limits } from './session/common/limits.ts'
export type { CallState, Deferral, LedgerEntry, ProvidedResult, RevertState } from './storage/ledger.ts'
export type { CatalogueEntry } from './tools/catalogue-entry.ts'
export { createCatalogue, type Catalogue } from './tools/catalogue.ts'
export type { DeferOptions, DeferredResult } from './tools/deferred-result.ts'
export { defineTool, type ToolDefinition } from './tools/define-tool.ts'
export type { JsonSchema, StandardSchema, ToolSchema } from './tools/schema/standard-schema.ts'
export type { ApprovalPolicy, RevertedCall, Tool, ToolAnnotations, ToolCallContext, ToolCaller } from './tools/tool.ts'
