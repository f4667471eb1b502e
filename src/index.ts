import './installation/check-node.ts'
export { approvalCard, groupCard, programCard, type CardOptions } from './agent/approval-card.ts'
export { spreadAnswer } from './agent/approval-answer.ts'
export { partToAsk, type PartToAsk } from './agent/part-to-ask.ts'
export { shownInput, type ShownInput, type ShownInputOptions } from './agent/shown-input.ts'
export { approvalGroups, type ApprovalGroup } from './agent/approval-groups.ts'
export { visibleText } from './agent/visible-text.ts'
export {
  createExecAndWait,
  type ExecAndWait,
  type ExecAndWaitOptions,
  type ExecCallOptions,
  type WaitCallOptions,
} from './agent/exec-and-wait.ts'
export { augmentedToolDescription, execDescription, type ExecDescriptionOptions } from './agent/exec-description.ts'
export { execInputSchema, parseExecArguments } from './agent/exec-arguments.ts'
export { parseExecInput, type ExecInput } from './agent/exec-input.ts'
export { execToolSpec, type ExecToolSpec } from './agent/exec-tool.ts'
export { notificationItem, type NotificationItem } from './agent/notification-item.ts'
export {
  errorResponse,
  formatHeader,
  formatResponse,
  type ModelResponse,
  type ResponseOptions,
  type ResponseStatus,
} from './agent/response.ts'
export { truncateItems } from './agent/truncate.ts'
export { parseWaitInput, type WaitInput } from './agent/wait-input.ts'
export { waitDescription, waitToolSpec, type WaitToolSpec } from './agent/wait-tool.ts'
export { CodecellError, messageOf, errorCodes, type CodecellErrorCode } from './errors.ts'
export type { PatienceOptions, WaitPolicy } from './agent/patience.ts'
export type { CallState, LedgerEntry, RevertState } from './journal/ledger.ts'
export { readSession, readSessions } from './journal/disk/read-sessions.ts'
export type {
  ApprovalReport,
  CellReport,
  CellWait,
  SessionReport,
  SessionSummary,
  SessionUser,
  UnreadableSession,
} from './journal/disk/session-report.ts'
export type { Place, SessionActivity, SessionListener } from './protocol/activity.ts'
export type { ContentItem, ImageDetail } from './protocol/content-item.ts'
export type { HostProfile } from './protocol/message.ts'
export { remarkText, type PromiseUse, type Remark } from './protocol/remark.ts'
export type {
  ApprovalBatch,
  ApprovalDecision,
  ApprovalHandler,
  ApprovalOptions,
  ApprovalRequest,
  ApprovalRule,
  BatchDecision,
  BatchHandler,
  Policy,
  PolicyAnswer,
} from './session/approval.ts'
export { createHostPool, type HostPool, type HostPoolOptions } from './session/hosts/host-pool.ts'
export type { KeepOptions, KeptOutput } from './session/kept-outputs.ts'
export { limitRanges, type LimitName, type Limits } from './session/limits.ts'
export type { DurableOptions } from './session/open-store.ts'
export type { FollowEvent, FollowOptions } from './session/following/follow-event.ts'
export type { Outcome } from './session/outcome.ts'
export type { RevertEntry, RevertReport } from './session/revert.ts'
export { createSession, openSession } from './session/session.ts'
export type {
  ExecuteOptions,
  Notification,
  ObserveOptions,
  Session,
  SessionOptions,
  SessionWarning,
  TerminateOptions,
} from './session/session-options.ts'
export type { CatalogueEntry } from './tools/catalogue-entry.ts'
export { createCatalogue, type Catalogue, type CatalogueOptions } from './tools/catalogue.ts'
export { joinName, normalizeName } from './tools/names.ts'
export type { CallPolicy, RevertedCall, Tool, ToolAnnotations, ToolCallContext, ToolCaller } from './tools/tool.ts'
export type { WrittenSection } from './tools/written-out.ts'
