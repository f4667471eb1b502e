import { expect, test } from 'vitest'
import { describeResponse } from './response-failure.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

const credit =
  '{"type":"https://example.com/credit","title":"Out of credit","detail":"You have 30","status":403,"balance":30}'

type Case = readonly [name: string, init: ResponseInit, body: string, text: unknown, details: object]

const cases: readonly Case[] = [
  ['no body', { status: 404, statusText: 'Not Found' }, '', 'returned 404 Not Found', { status: 404 }],
  ['a status without a text', { status: 599 }, '', 'returned 599', { status: 599 }],
  [
    'a text',
    { status: 400, statusText: 'Bad Request' },
    'no such pet',
    'returned 400 Bad Request: no such pet',
    { status: 400, body: 'no such pet' },
  ],
  [
    'a long text',
    { status: 400 },
    'x'.repeat(5000),
    `returned 400: ${'x'.repeat(2000)}…`,
    { status: 400, body: `${'x'.repeat(2000)}…` },
  ],
  [
    'a rate limit',
    {
      status: 429,
      statusText: 'Too Many Requests',
      headers: {
        'retry-after': '30',
        'x-ratelimit-limit': '60',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '45',
      },
    },
    '{"message":"slow down"}',
    'returned 429 Too Many Requests (retry after 30 s; rate limit: 0 of 60 left, resets in 45 s): {"message":"slow down"}',
    {
      status: 429,
      retryAfterMs: 30_000,
      rateLimit: { limit: 60, remaining: 0, resetMs: 45_000 },
      body: { message: 'slow down' },
    },
  ],
  [
    'a rate limit with requests left, of a failure for another reason',
    { status: 404, headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '59' } },
    '',
    'returned 404',
    { status: 404, rateLimit: { limit: 60, remaining: 59 } },
  ],
  [
    'problem details',
    { status: 403, statusText: 'Forbidden', headers: { 'content-type': 'application/problem+json' } },
    credit,
    `returned 403 Forbidden: ${credit}`,
    {
      status: 403,
      body: expect.anything(),
      problem: {
        type: 'https://example.com/credit',
        title: 'Out of credit',
        detail: 'You have 30',
        status: 403,
        balance: 30,
      },
    },
  ],
  [
    'long problem details, whose title and detail are first',
    { status: 409, headers: { 'content-type': 'application/problem+json; charset=utf-8' } },
    JSON.stringify({ type: 'about:blank', log: 'x'.repeat(3000), title: 'Conflict', detail: 'Try later', status: 409 }),
    expect.stringMatching(/^returned 409: Conflict: Try later \{"log":"x{1900,2000}…$/),
    { status: 409, body: expect.anything(), problem: expect.objectContaining({ title: 'Conflict' }) },
  ],
  [
    'problem details that are not an object',
    { status: 409, headers: { 'content-type': 'application/problem+json' } },
    '[1]',
    'returned 409: [1]',
    { status: 409, body: [1] },
  ],
]
test.each(cases)('describeResponse() describes a response with %s', (_name, init, body, text, details) => {
  expect(describeResponse(new Response(null, init), body, now)).toEqual({ text, details })
})
