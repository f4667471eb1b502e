import './installation/check-node.ts'
export type { EventScope } from './trace/bundle/bundle-writer.ts'
export type { PayloadKind } from './trace/bundle/payload-kind.ts'
export type { TraceSchema } from './trace/bundle/trace-schema.ts'
export { createTraceWriter, type TraceWriter, type TraceWriterOptions } from './trace/bundle/trace-writer.ts'
export { makeViewData, type ViewDataOptions } from './trace/view/make-view-data.ts'
export { exportChromeTrace, type ChromeTrace } from './trace/export/chrome.ts'
export { exportJsonLines } from './trace/export/jsonl.ts'
export { exportOtlp, type OtlpTraceRequest } from './trace/export/otlp.ts'
export { openTraceBundle, type FoundCellLog, type TraceBundle } from './trace/bundle/open-bundle.ts'
export {
  createTraceRecorder,
  type AgentResult,
  type SpawnedThread,
  type TraceRecorder,
  type TraceRecorderOptions,
} from './trace/recorder/trace-recorder.ts'
export { reduceTrace } from './trace/reducer/reduce-trace.ts'
export type { TracePayloads } from './trace/reducer/reducer-state.ts'
export { showTrace, type ShowOptions } from './trace/text/show-trace.ts'
export type {
  CompactionRecorder,
  CompactionRequestRecorder,
  CompactionRequestStart,
} from './trace/recorder/compaction-recorder.ts'
export type { InferenceRecorder, InferenceResponse, InferenceStart } from './trace/recorder/inference-recorder.ts'
export type { RecordedInput, RecordedKind } from './trace/recorder/recorded-kind.ts'
export type { NestedCallIds, SessionTraceListener } from './trace/recorder/session-recorder.ts'
export type { ListenOptions, ThreadMetadata, ThreadRecorder } from './trace/recorder/thread-recorder.ts'
export type { ToolCallRecorder, ToolCallStart } from './trace/recorder/tool-call-recorder.ts'
export type { EndedCommand, StartedCommand, ToolRuntimeRecorder } from './trace/recorder/tool-runtime-recorder.ts'
export type { TurnRecorder } from './trace/recorder/turn-recorder.ts'
export type {
  ViewCell,
  ViewCellEnd,
  ViewCellEvent,
  ViewCompaction,
  ViewData,
  ViewEdge,
  ViewEdgeEnd,
  ViewEntry,
  ViewEntryType,
  ViewItem,
  ViewMark,
  ViewRequest,
  ViewSpan,
  ViewText,
  ViewThread,
  ViewToolCall,
  ViewTotals,
  ViewUnreducedEvent,
} from './trace/view/view-data.ts'
export type { TimelineSource } from './trace/timeline/timeline.ts'
