import './installation/check-node.ts'
export type { CellLogHead, CellLogLine } from './trace/format/cell-log.ts'
export { parseRawEvent, parseTraceManifest } from './trace/format/parse-raw-event.ts'
export { payloadFile } from './trace/format/payload-file.ts'
export type {
  CellStatus,
  ExecutionStatus,
  FilePayloadReference,
  PayloadCapture,
  PayloadReference,
  RawEvent,
  RawPayload,
  RawRequester,
  RolloutStatus,
  ShardPayloadReference,
  ToolKind,
  ToolSummary,
  TraceManifest,
} from './trace/format/raw-event.ts'
export { stateJson } from './trace/format/state-json.ts'
export { isRecordingClosed } from './trace/format/trace-state.ts'
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
  RecordingStatus,
} from './trace/format/trace-state.ts'
