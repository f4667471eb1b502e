import './installation/check-node.ts'
export { createTraceWriter } from './trace/bundle-writer.ts'
export type { EventScope, PayloadKind, TraceWriter, TraceWriterOptions } from './trace/bundle-writer.ts'
export type { CellRecordHead, CellRecordLine } from './trace/cell-record.ts'
export { makeViewData } from './trace/make-view-data.ts'
export { exportChromeTrace, type ChromeTrace } from './trace/export/chrome.ts'
export { exportJsonLines } from './trace/export/jsonl.ts'
export { exportOtlp, type OtlpTraceRequest } from './trace/export/otlp.ts'
export { openTraceBundle, type FoundCellRecord, type TraceBundle } from './trace/open-bundle.ts'
export { parseRawEvent, parseTraceManifest } from './trace/parse-raw-event.ts'
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
} from './trace/raw-event.ts'
export {
  createTraceRecorder,
  type AgentResult,
  type SpawnedThread,
  type TraceRecorder,
  type TraceRecorderOptions,
} from './trace/recorder.ts'
export { reduceTrace } from './trace/reduce-trace.ts'
export type { TracePayloads } from './trace/reduction.ts'
export { showTrace, type ShowOptions } from './trace/show/show-trace.ts'
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
} from './trace/trace-state.ts'
export type {
  CompactionRecorder,
  CompactionRequestRecorder,
  CompactionRequestStart,
} from './trace/compaction-recorder.ts'
export type { InferenceRecorder, InferenceResponse, InferenceStart } from './trace/inference-recorder.ts'
export type { ThreadMetadata, ThreadRecorder } from './trace/thread-recorder.ts'
export type { ToolCallRecorder, ToolCallStart } from './trace/tool-call-recorder.ts'
export type { TurnRecorder } from './trace/turn-recorder.ts'
export type {
  ViewCell,
  ViewData,
  ViewHappening,
  ViewInference,
  ViewItem,
  ViewMark,
  ViewSpan,
  ViewText,
  ViewToolCall,
} from './trace/view-data.ts'
export type { StepSource } from './trace/trace-steps.ts'
