import { useEffect, useState } from "preact/hooks"
import { call, wordsOf } from "../state/api"

interface Trace {
  decision?: string
  why?: string
  query?: string
  confidence?: number
  latency_ms?: number
  found?: { chunk_id: string; title: string; section?: string | null; score: number }[]
  steps?: { name: string; ms: number }[]
  usage?: { model: string; input_tokens: number; output_tokens: number; cost_usd?: number | null } | null
  cut?: string[]
}

const decisions: Record<string, string> = { answer: "Answered", say: "Spoke without a source", handoff: "Handed over to people" }

const ms = (value: number): string => (value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`)

/** How one turn of the assistant came to its decision. */
export function TraceOf({ turn }: { turn: string }) {
  const [trace, setTrace] = useState<Trace | null>(null)
  const [wrong, setWrong] = useState("")
  useEffect(() => {
    call<Trace & { trace?: Trace }>("GET", `/api/turns/${turn}`).then((come) => setTrace(come.trace ?? come), (error: unknown) => setWrong(wordsOf(error)))
  }, [turn])
  if (wrong) return <p role="alert">{wrong}</p>
  if (!trace) return <p role="status">Opening…</p>
  const best = Math.max(...(trace.found ?? []).map((each) => each.score), 1e-9)
  return (
    <div class="trace">
      {trace.why && <p>{trace.why}</p>}
      <dl class="pairs">
        {trace.decision && <div><dt>Decision</dt><dd>{decisions[trace.decision] ?? trace.decision}</dd></div>}
        {trace.query && <div><dt>It looked for</dt><dd>{trace.query}</dd></div>}
        {trace.confidence !== undefined && <div><dt>Confidence</dt><dd class="num">{Math.round(trace.confidence * 100)} %</dd></div>}
        {trace.latency_ms !== undefined && <div><dt>Took</dt><dd class="num">{ms(trace.latency_ms)}</dd></div>}
        {trace.usage && <div><dt>Model</dt><dd>{trace.usage.model}, {trace.usage.input_tokens + trace.usage.output_tokens} tokens{trace.usage.cost_usd ? `, $${trace.usage.cost_usd.toFixed(4)}` : ""}</dd></div>}
      </dl>
      {trace.found && trace.found.length > 0 && (
        <section>
          <h3>What it found</h3>
          <ul class="found">{trace.found.map((each) => <li key={each.chunk_id}><span class="cut" title={each.section ?? each.title}>{each.title}{each.section ? `, ${each.section}` : ""}</span><span class="meter" aria-hidden="true"><i style={{ width: `${Math.max(0, each.score / best) * 100}%` }} /></span><span class="num quiet">{each.score.toFixed(2)}</span></li>)}</ul>
        </section>
      )}
      {trace.cut && trace.cut.length > 0 && <section><h3>Left out, since nothing proves it</h3><ul>{trace.cut.map((each) => <li key={each}>{each}</li>)}</ul></section>}
      {trace.steps && trace.steps.length > 0 && <section><h3>Steps</h3><ul class="steps">{trace.steps.map((each) => <li key={each.name}>{each.name} <span class="num">{ms(each.ms)}</span></li>)}</ul></section>}
    </div>
  )
}
