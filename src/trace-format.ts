import './installation/check-node.ts'
export type { CellLogHead, CellLogLine } from './trace/format/cell-log.ts'
export { parseRawEvent, parseTraceManifest } from './trace/format/parse-raw-event.ts'
export type {
  CellStatus,
  ExecutionStatus,
  PayloadReference,
  RawEvent,
  RawPayload,
  RawRequester,
  RolloutStatus,
  ToolKind,
  ToolSummary,
  TraceManifest,
} from './trace/format/raw-event.ts'
export type {
  AgentThread,
  CodeCell,
  CodexTurn,
  Compaction,
  CompactionRequest,
  ConversationItem,
  EdgeAnchor,
  ExecutionWindow,
  InferenceCall,
  InteractionEdge,
  ItemPart,
  Producer,
  TerminalOperation,
  TerminalRequest,
  TerminalResult,
  TerminalSession,
  ThreadOrigin,
  TokenUsage,
  ToolCall,
  TraceState,
} from './trace/format/trace-state.ts'
