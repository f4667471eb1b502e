import './installation/check-node.ts'
export {
  codeMode,
  type ResponsesCodeMode,
  type ResponsesFunction,
  type ResponsesItem,
  type ResponsesOptions,
} from './adapters/openai-responses/openai-responses.ts'
