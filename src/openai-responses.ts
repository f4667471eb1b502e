import './installation/check-node.ts'
export {
  codeMode,
  type CodeMode,
  type ResponsesFunction,
  type ResponsesItem,
  type CodeModeOptions,
} from './adapters/openai-responses/openai-responses.ts'
