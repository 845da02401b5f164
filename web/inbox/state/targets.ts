import { signal } from "@preact/signals"
import { uuid7 } from "../../shared/uuid7"
import type { Condition, Policies, Policy, Target } from "../../shared/wire"
import { call } from "./api"

export type Kind = Target["kind"]
export type Unit = "s" | "min" | "h"

export const unitSeconds: Record<Unit, number> = { s: 1, min: 60, h: 3600 }

/** What is promised, as the server has it; null until it was read. */
export const promised = signal<readonly Policy[] | null>(null)
/** The same as it is being edited. */
export const edited = signal<readonly Policy[]>([])

export async function loadTargets(): Promise<void> {
  put((await call<Policies>("GET", "/api/sla/policies")).policies)
}

export async function saveTargets(): Promise<void> {
  put((await call<Policies>("PUT", "/api/sla/policies", { policies: edited.peek() })).policies)
}

function put(policies: readonly Policy[]): void {
  promised.value = policies
  edited.value = policies
}

export const isChanged = (): boolean => JSON.stringify(promised.value) !== JSON.stringify(edited.value)

export const undoTargets = (): void => void (edited.value = promised.peek() ?? [])

export function changePolicy(id: string, changes: Partial<Policy>): void {
  edited.value = edited.peek().map((each) => (each.id === id ? { ...each, ...changes } : each))
}

export function addPolicy(): string {
  const id = uuid7()
  edited.value = [{ id, name: "", conditions: [], targets: [{ kind: "first_response", seconds: 3600 }] }, ...edited.peek()]
  return id
}

export const removePolicy = (id: string): void => void (edited.value = edited.peek().filter((each) => each.id !== id))

/** One place up or down: the first that fits counts. */
export function movePolicy(id: string, by: -1 | 1): void {
  const all = [...edited.peek()]
  const from = all.findIndex((each) => each.id === id)
  const moved = all.splice(from, 1)
  all.splice(from + by, 0, ...moved)
  edited.value = all
}

export const conditionOf = (policy: Policy, field: Condition["field"]): Condition | undefined => policy.conditions?.find((each) => each.field === field && !each.unless)

/** Put these values into the policy's condition on a field; with none the condition goes. */
export function allow(policy: Policy, field: Condition["field"], values: readonly string[]): void {
  const others = (policy.conditions ?? []).filter((each) => each.field !== field || each.unless)
  changePolicy(policy.id, { conditions: values.length ? [...others, { field, any_of: [...values] }] : others })
}

export const targetOf = (policy: Policy, kind: Kind): Target | undefined => policy.targets?.find((each) => each.kind === kind)

export function setTarget(policy: Policy, kind: Kind, changes: Partial<Target> | null): void {
  const others = (policy.targets ?? []).filter((each) => each.kind !== kind)
  const target: Target = { kind, seconds: 3600, ...targetOf(policy, kind), ...changes }
  changePolicy(policy.id, { targets: changes === null ? others : [...others, target] })
}

/** The unit in which people say so many seconds. */
export const unitOf = (seconds: number): Unit => (seconds % 3600 === 0 ? "h" : seconds % 60 === 0 ? "min" : "s")
