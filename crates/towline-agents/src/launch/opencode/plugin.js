// Towline's plugin for OpenCode: it tells the server of the pane what this agent does. It changes nothing and prints nothing,
// nothing waits for it, and whatever goes wrong in it is nobody's trouble. Outside a pane of Towline's it does nothing.
import { spawn } from "node:child_process"

const TOW = "tow"

// How long one word to Towline may take, in milliseconds, and how many may wait.
const PATIENCE = 3000
const WAITING = 64

// What all copies of this file in one process share: it may be loaded by the user's settings and by the start as well.
const it = (globalThis[Symbol.for("towline")] ??= begin())

function begin() {
  const { TOWLINE_PANE, TOWLINE_SECRET, TOWLINE_OPENCODE } = process.env
  const self = String(process.pid)
  // An OpenCode that an agent runs as a command speaks for nobody.
  const told = TOWLINE_OPENCODE ? TOWLINE_OPENCODE === self : true
  if (!TOWLINE_PANE || !TOWLINE_SECRET || !told) return { mute: true }
  process.env.TOWLINE_OPENCODE = self
  return {
    began: Date.now(),
    parents: new Map(), // the sessions of sub-agents, and whose they are
    current: undefined, // the session that people have
    prompts: new Set(), // the messages that are theirs
    asked: new Map(), // what waits for a person
    did: "idle", // what was told last of the turn
    answer: "",
    trouble: undefined,
    waiting: [],
    telling: false,
  }
}

// One after the other, so that they are heard in order.
function tell(type, properties) {
  it.waiting.push(JSON.stringify({ type, properties }))
  if (it.waiting.length > WAITING) it.waiting.shift()
  if (!it.telling) next()
}

function next() {
  const event = it.waiting.shift()
  it.telling = event !== undefined
  if (!it.telling) return
  let over = false
  const done = () => {
    if (over) return
    over = true
    clearTimeout(timer)
    next()
  }
  const timer = setTimeout(done, PATIENCE)
  timer.unref?.()
  try {
    const child = spawn(TOW, ["agent-event", "opencode"], { stdio: ["pipe", "ignore", "ignore"], detached: true })
    child.on("error", done)
    child.on("exit", done)
    child.stdin.on("error", () => {})
    child.stdin.end(event)
    child.unref()
  } catch {
    done()
  }
}

// The session of the conversation that this one belongs to.
function root(id) {
  for (let depth = 0; depth < 16 && it.parents.has(id); depth++) id = it.parents.get(id)
  return id
}

// What it does now, where that is news.
function turn(did, type, properties) {
  if (it.did === did) return
  it.did = did
  tell(type, { sessionID: it.current, ...properties })
}

// Of what waits for a person it shows what was asked first.
function ask() {
  const [first] = it.asked.values()
  if (first) turn("asks " + first.properties.id, first.type, first.properties)
  else turn("busy", "session.status", { status: { type: "busy" } })
}

function rest() {
  const error = it.trouble
  it.asked.clear()
  turn("idle", "session.idle", { text: it.answer, error })
}

function prompted(info, id) {
  const old = info.time?.created < it.began || it.prompts.has(info.id)
  if (old || it.parents.has(id)) return
  it.prompts.add(info.id)
  if (id !== it.current) {
    it.asked.clear()
    it.did = "idle"
  }
  it.current = id
  if (it.did === "idle") {
    ;[it.did, it.answer, it.trouble] = ["busy", "", undefined]
  }
  // While it waits for something, a prompt waits as well.
  tell("message.updated", { sessionID: id, info: { role: "user" }, queued: it.did !== "busy" })
}

function asked(type, p) {
  const { id, permission, patterns, metadata, questions } = p
  const { command, filepath, url } = metadata ?? {}
  const properties = { id, sessionID: root(p.sessionID), permission, patterns, metadata: { command, filepath, url }, questions }
  it.asked.set(id, { type, properties })
  ask()
}

function hear({ type, properties: p }) {
  const info = p?.info
  const id = p?.sessionID ?? info?.sessionID ?? info?.id
  if (!id) return
  if (type === "session.created" || type === "session.updated") {
    if (info?.parentID) it.parents.set(id, info.parentID)
    else if (type === "session.created" && !it.current) {
      it.current = id
      tell(type, { sessionID: id, info: { id } })
    }
    return
  }
  if (type === "message.updated") {
    if (info?.role === "user") prompted(info, id)
    return
  }
  it.current ??= root(id)
  if (root(id) !== it.current) return
  if (type === "permission.asked" || type === "question.asked") return asked(type, p)
  if (type === "permission.replied" || type === "question.replied" || type === "question.rejected") {
    if (it.asked.delete(p.requestID)) ask()
    return
  }
  if (id !== it.current) return
  if (type === "message.part.updated") {
    const part = p.part ?? {}
    const own = part.type === "text" && part.text && part.time?.end && !part.synthetic
    if (own && !it.prompts.has(part.messageID)) it.answer = part.text
  } else if (type === "session.error") {
    it.trouble = { name: p.error?.name, message: p.error?.data?.message }
  } else if (type === "session.idle" || (type === "session.status" && p.status?.type === "idle")) {
    rest()
  } else if (type === "session.status" && p.status?.type === "retry") {
    turn("retry " + p.status.message, type, { status: p.status })
  } else if (type === "session.status" && it.asked.size === 0) {
    turn("busy", type, { status: { type: "busy" } })
  }
}

export const Towline = async () => {
  if (it.mute) return {}
  return {
    event: async ({ event }) => {
      try {
        hear(event)
      } catch {}
    },
  }
}
