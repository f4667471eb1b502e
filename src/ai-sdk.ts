import './installation/check-node.ts'
export {
  codeMode,
  type CodeMode,
  type CodeModeOptions,
  type SdkTools,
  type SdkExecTool,
  type SdkWaitTool,
} from './adapters/ai-sdk/code-mode.ts'
export type { CodeModeOutput } from './adapters/ai-sdk/exec-output.ts'
