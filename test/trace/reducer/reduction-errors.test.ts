import { expect, test } from 'vitest'
import { errorFrom } from './error-from.ts'
import { assistant, execCall, Recording, user } from '../recorder/recording.ts'

const started = (): Recording => new Recording().inference('i1', [user('go')], [execCall('call-1')])
const compaction = (recording: Recording, checkpoint: object): Recording =>
  recording.add({
    type: 'compaction_installed',
    compaction_id: 'C',
    checkpoint_payload: recording.payload('compaction_checkpoint', checkpoint),
  })
function compactionRequest(compactionId: string): Recording {
  const recording = new Recording()
  return recording.add({
    type: 'compaction_request_started',
    compaction_id: compactionId,
    compaction_request_id: 'r',
    thread_id: 'T1',
    codex_turn_id: 'turn-1',
    model: 'model',
    provider_name: 'provider',
    request_payload: recording.payload('compaction_request', {}),
  })
}
function withoutEvent(recording: Recording, index: number): Recording {
  recording.events.splice(index, 1)
  return recording
}
const history = { input_history: [user('go')], replacement_history: [assistant('summary')] }

test.each<[string, Recording]>([
  ['duplicate code cell start for code_cell:call-1', started().cell('call-1').cell('call-1')],
  ['runtime code cell 1 in thread T1 mapped to both code_cell:a and code_cell:b', new Recording().cell('a').cell('b')],
  ['code cell end referenced unknown runtime cell 5 in thread T1', new Recording().cellEnd('completed', '5')],
  [
    'code cell initial response referenced unknown runtime cell 5 in thread T1',
    new Recording().firstResponse('failed', '5'),
  ],
  ['duplicate thread start for T1', new Recording().startThread('T1', 'turn-2')],
  ['duplicate codex turn start for turn-1', new Recording().startThread('T2', 'turn-1')],
  [
    'codex turn end referenced unknown turn nope',
    new Recording().add({ type: 'codex_turn_ended', codex_turn_id: 'nope', status: 'completed' }),
  ],
  [
    'trace event referenced unknown thread T9',
    new Recording().add({ type: 'thread_ended', thread_id: 'T9', status: 'completed' }),
  ],
  ['resumed thread T1 has not ended', new Recording().add({ type: 'thread_resumed', thread_id: 'T1' })],
  ['duplicate inference start for i1', started().request('i1', { input: [] })],
  ['inference completion referenced unknown call i9', new Recording().response('i9', { output_items: [] })],
  ['inference request payload raw_payload:1 did not contain input', new Recording().request('i1', {})],
  ['inference request payload raw_payload:1 had non-array input', new Recording().request('i1', { input: {} })],
  [
    'inference response payload raw_payload:2 did not contain output_items',
    new Recording().request('i1', { input: [] }).response('i1', {}),
  ],
  [
    'model-visible call id call-1 was reused with different content',
    started().request('i2', { input: [user('go'), execCall('call-1', 'text(2)')] }),
  ],
  [
    'incremental inference request i2 referenced unknown previous_response_id r9',
    started().request('i2', { input: [], previous_response_id: 'r9' }),
  ],
  ['duplicate tool call start for t', new Recording().tool({ tool_call_id: 't' }).tool({ tool_call_id: 't' })],
  [
    'duplicate tool call for model-visible call id v',
    new Recording()
      .tool({ tool_call_id: 't', model_visible_call_id: 'v' })
      .tool({ tool_call_id: 'u', model_visible_call_id: 'v' }),
  ],
  ['tool call end referenced unknown call t', new Recording().toolEnd('t')],
  [
    'code-mode nested tool referenced unknown runtime cell 7 in thread T1',
    new Recording().tool({ tool_call_id: 't', requester: { type: 'code_cell', runtime_cell_id: '7' } }),
  ],
  ['duplicate compaction install for C', compaction(compaction(new Recording(), history), history)],
  [
    'compaction request r completion used compaction D, but start used C',
    compactionRequest('C').add({
      type: 'compaction_request_failed',
      compaction_id: 'D',
      compaction_request_id: 'r',
      error: '',
    }),
  ],
  [
    'compaction request completion referenced unknown request r',
    new Recording().add({
      type: 'compaction_request_failed',
      compaction_id: 'C',
      compaction_request_id: 'r',
      error: '',
    }),
  ],
  ['missing or reordered trace event 4', withoutEvent(started(), 3)],
  [
    'compaction checkpoint payload raw_payload:1 did not contain array replacement_history',
    compaction(new Recording(), { input_history: [] }),
  ],
  ['raw trace event has no reducer implementation', new Recording().add({ type: 'other', kind: 'k', summary: 's' })],
  [
    'trace event after recording completed',
    new Recording().add({ type: 'recording_completed' }).add({ type: 'rollout_ended', status: 'completed' }),
  ],
  ['unsupported trace event schema 2 at line 1', Object.assign(new Recording(), { schemaVersion: 1 })],
  [
    'trace schema 4 cannot establish accepted history; use its matching reducer or record a new bundle',
    new Recording(4),
  ],
])('an inconsistent log is rejected with the error: %s', (message, recording) => {
  expect(errorFrom(() => recording.reduce())).toEqual({ code: 'TRACE_INVALID', message })
})
