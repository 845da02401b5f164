const { channel, can: told } = document.body.dataset
const can = new Set(told.split(' '))
const find = (selector) => document.querySelector(selector)
const feed = find('#feed'), text = find('#text'), note = find('#note'), photo = find('#photo')
let place = find('.place')?.dataset.place ?? ''
let shown = { entries: [] }

async function act(what, more = {}) {
  const answer = await fetch(`/${channel}/do`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ what, ...more }),
  }).catch(() => null)
  const words = answer?.ok ? '' : (await answer?.json().catch(() => null))?.words
  note.textContent = answer?.ok ? '' : (words ?? 'It did not go through: is the demo still running?')
  return Boolean(answer?.ok)
}

function button(label, title, press) {
  const made = document.createElement('button')
  made.type = 'button'
  made.textContent = label
  made.title = title
  made.setAttribute('aria-label', title)
  made.addEventListener('click', press)
  return made
}

function part(name, words) {
  const made = document.createElement(name)
  made.textContent = words
  return made
}

function actions(entry) {
  const row = part('div', '')
  row.className = 'acts'
  const { name, mine, removed } = entry
  if (removed) return row
  if (mine && can.has('edit')) {
    row.append(button('Edit', 'Edit', async () => {
      const words = prompt('Edit', entry.text)
      if (words) await act('edit', { name, text: words })
    }))
  }
  if (mine && can.has('delete')) row.append(button('Delete', 'Delete', () => act('delete', { name })))
  if (!mine && can.has('delivered')) row.append(button('✓', 'Delivered', () => act('delivered', { name })))
  if (!mine && can.has('read')) row.append(button('✓✓', 'Read', () => act('read', { name })))
  if (can.has('react')) {
    for (const sign of ['❤️', '👍']) row.append(button(sign, `React ${sign}`, () => act('react', { name, text: sign })))
  }
  return row
}

function item(entry) {
  const made = document.createElement('li')
  made.className = entry.mine ? 'mine' : 'theirs'
  const who = part('strong', entry.mine ? 'You' : 'The shop')
  const at = part('time', new Date(entry.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }))
  at.dateTime = entry.at
  const head = document.createElement('div')
  head.className = 'head'
  head.append(who, at)
  made.append(head)
  if (entry.subject) {
    const subject = part('strong', entry.subject)
    subject.className = 'subject'
    made.append(subject)
  }
  if (entry.removed) made.append(part('em', 'Deleted'))
  else if (entry.text) made.append(part('p', entry.text))
  for (const file of entry.files) {
    const picture = document.createElement('img')
    picture.src = file.includes('://') ? file : `/${file}`
    picture.alt = 'A photo'
    made.append(picture)
  }
  const marks = [entry.edited && !entry.removed ? 'edited' : '', entry.mark].filter(Boolean).join(' · ')
  if (marks) made.append(part('small', marks))
  made.append(actions(entry))
  return made
}

function show() {
  const low = feed.scrollHeight - feed.scrollTop - feed.clientHeight < 80
  const here = shown.entries.filter((one) => !place || one.place === place)
  feed.replaceChildren(...here.map(item))
  for (const one of document.querySelectorAll('[data-do]')) {
    const what = one.dataset.do
    const on = what === shown.armed || (what === 'token' && shown.ended) || (what === 'shut' && shown.shut)
    if (one.hasAttribute('aria-pressed')) one.setAttribute('aria-pressed', String(on))
  }
  if (low) feed.scrollTop = feed.scrollHeight
}

new EventSource(`/${channel}/feed`).addEventListener('message', (event) => {
  shown = JSON.parse(event.data)
  show()
})

function base64(bytes) {
  let whole = ''
  for (let at = 0; at < bytes.length; at += 8192) whole += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(whole)
}

find('#write').addEventListener('submit', async (event) => {
  event.preventDefault()
  const more = { text: text.value, place, subject: find('#subject')?.value ?? '' }
  const file = photo.files[0]
  if (file) {
    more.data = base64(new Uint8Array(await file.arrayBuffer()))
    more.file_name = file.name
    more.media_type = file.type
  }
  if (await act('say', more)) {
    text.value = ''
    photo.value = ''
    text.required = true
    if (find('#subject')) find('#subject').value = ''
  }
})
photo.addEventListener('change', () => { text.required = !photo.files.length })
text.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !document.body.classList.contains('mail')) {
    event.preventDefault()
    find('#write').requestSubmit()
  }
})
for (const one of document.querySelectorAll('.place')) {
  one.addEventListener('click', () => {
    place = one.dataset.place
    for (const other of document.querySelectorAll('.place')) other.setAttribute('aria-pressed', String(other === one))
    note.textContent = one.dataset.hint
    show()
  })
}
for (const one of document.querySelectorAll('[data-say]')) one.addEventListener('click', () => act('say', { text: one.dataset.say, place }))
for (const one of document.querySelectorAll('[data-do]')) one.addEventListener('click', () => act(one.dataset.do))
