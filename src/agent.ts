import './installation/check-node.ts'
export { approvalGroups, type ApprovalGroup } from './agent/approval-prompt/approval-groups.ts'
export { groupCard, programCard, type CardOptions } from './agent/approval-prompt/approval-card.ts'
export { partToAsk, type PartToAsk } from './agent/approval-prompt/part-to-ask.ts'
export { shownInput, type ShownInput, type ShownInputOptions } from './agent/approval-prompt/shown-input.ts'
export { storedApprovals } from './agent/approval-prompt/stored-approvals.ts'
export { spreadDecision } from './agent/approval-prompt/spread-decision.ts'
export { visibleText } from './agent/approval-prompt/visible-text.ts'
export { execInputSchema, parseExecInput } from './agent/input/exec-arguments.ts'
export type { ExecInput } from './agent/input/exec-input.ts'
export { parseWaitInput, type WaitInput } from './agent/input/wait-input.ts'
export { createProgramChecks, type ProgramChecks } from './agent/preflight/program-checks.ts'
export { notificationItem, type NotificationItem } from './agent/response/notification-item.ts'
export {
  errorResponse,
  formatHeader,
  formatResponse,
  type ResponseOptions,
  type ResponseStatus,
} from './agent/response/response.ts'
export { truncateItems } from './agent/response/truncate.ts'
export {
  augmentedToolDescription,
  execDescription,
  type ExecDescriptionOptions,
} from './agent/tools/exec-description.ts'
export { execToolSpec } from './agent/tools/exec-tool.ts'
export { waitToolSpec } from './agent/tools/wait-tool.ts'
export { remarkText } from './protocol/remark.ts'
export { createCatalogue, type CatalogueOptions } from './tools/catalogue.ts'
export type { CatalogueSection } from './tools/write-sections.ts'
