'use client'

import { useChat } from '@ai-sdk/react'
import { lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai'
import { useState, type SubmitEvent } from 'react'
import { Part } from './part.tsx'
import type { ChatMessage } from '../lib/chat-message.ts'

const suggestion = 'Refund ten percent of each late order.'

export default function Chat() {
  const [question, setQuestion] = useState(suggestion)
  const { messages, status, error, sendMessage, addToolApprovalResponse } = useChat<ChatMessage>({
    // The decision continues the conversation.
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  })
  const isBusy = status === 'submitted' || status === 'streaming'
  const isAsking =
    messages.at(-1)?.parts.some((part) => 'state' in part && part.state === 'approval-requested') === true

  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (question.trim() === '' || isBusy || isAsking) return
    void sendMessage({ text: question })
    setQuestion('')
  }

  return (
    <main>
      <h1>Shop assistant</h1>
      <section aria-live="polite" aria-label="Conversation">
        {messages.map(({ id, role, parts }) => (
          <article key={id} className={role}>
            {parts.map((part, index) => (
              <Part
                key={index}
                part={part}
                onDecision={(approvalId, approved) => void addToolApprovalResponse({ id: approvalId, approved })}
              />
            ))}
          </article>
        ))}
        {isBusy && <p className="hint">The assistant is working …</p>}
        {error !== undefined && <p role="alert">{error.message}</p>}
      </section>
      <form onSubmit={submit}>
        <input
          aria-label="Your message"
          placeholder="Ask about the orders"
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
        />
        <button type="submit" disabled={isBusy || isAsking}>
          Send
        </button>
      </form>
    </main>
  )
}
