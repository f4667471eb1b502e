import { createOpenAI, openai } from '@ai-sdk/openai'
import type { LanguageModel } from 'ai'

/** Returns a real model with OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL), otherwise the script of this application. */
export function chooseModel(origin: string): LanguageModel {
  if (process.env.OPENAI_API_KEY) return openai(process.env.OPENAI_MODEL ?? 'gpt-5.6')
  return createOpenAI({ apiKey: 'scripted', baseURL: `${origin}/scripted-model` })('scripted')
}
