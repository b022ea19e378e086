// Does what each case says, and tells the server what a script can see of it.
"use strict";

const LIMIT_MS = 12000, SOON_MS = 1500;
let integrity;
const later = ms => new Promise(resolve => setTimeout(resolve, ms));
const named = error => `${error.name}: ${error.message}`;

function upload(body) {
  if (!body) return undefined;
  const bytes = new TextEncoder().encode(body.content);
  switch (body.kind) {
    case "text": return body.content;
    case "urlencoded": return new URLSearchParams(body.content);
    case "multipart": { const form = new FormData(); form.append("a", body.content); return form; }
    case "blob": return new Blob([bytes], {type: body.type});
    case "html": return document.implementation.createHTMLDocument(body.content);
    case "xml": return document.implementation.createDocument(null, body.content);
    case "bytes": return bytes;
    case "stream": return new ReadableStream({start(c) { c.enqueue(bytes); c.close(); }});
  }
}

async function doFetch(call) {
  const init = {method: call.method, headers: call.headers, mode: call.mode, credentials: call.credentials,
                redirect: call.redirect, cache: call.cache, keepalive: call.keepalive};
  if (call.body) init.body = upload(call.body);
  if (call.referrer_policy) init.referrerPolicy = call.referrer_policy;
  if (call.duplex) init.duplex = "half";
  if (call.referrer !== null) init.referrer = call.referrer;
  if (call.integrity) init.integrity = integrity;
  if (call.target_address_space) init.targetAddressSpace = call.target_address_space;
  const response = await fetch(call.url, init);
  const seen = {type: response.type, status: response.status, url: response.url, redirected: response.redirected,
                headers: [...response.headers]};
  try { seen.body = (await response.text()).length > 0; } catch (error) { seen.body = named(error); }
  return {seen};
}

function doXhr(call) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.onload = () => resolve({seen: {
      status: xhr.status, url: xhr.responseURL, body: xhr.responseText.length > 0,
      headers: xhr.getAllResponseHeaders().split("\r\n").filter(Boolean)
        .map(line => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)])}});
    xhr.onerror = () => resolve({error: `error event, status ${xhr.status}`});
    try {
      xhr.open(call.method, call.url, true, call.username, call.password);
      for (const [name, value] of call.headers) xhr.setRequestHeader(name, value);
      xhr.withCredentials = call.with_credentials;
      if (call.upload_listeners) xhr.upload.onprogress = () => {};
      xhr.send(upload(call.body) ?? null);
    } catch (error) { reject(error); }
  });
}

const loaded = {loaded: true}, failed = {error: "error event"};  // what came of an element

function element(tag, target, call, attributes) {
  return new Promise(resolve => {
    const made = document.createElement(tag);
    made.onload = made.onloadedmetadata = () => resolve(loaded);
    made.onerror = () => resolve(failed);
    if (call.crossorigin !== null) made.crossOrigin = call.crossorigin;
    if (call.integrity) made.integrity = integrity;
    Object.assign(made, attributes);
    made[target] = call.url;
    if (tag !== "img") document.head.append(made);
  });
}

async function popup(open) {
  const name = `w${Math.random()}`;
  const opened = open(name);
  await later(SOON_MS);
  (opened ?? window.open("", name))?.close();
  return {};
}

const loads = {
  "img": call => element("img", "src", call, {}),
  "video": call => element("video", "src", call, {preload: "auto"}),
  "audio": call => element("audio", "src", call, {preload: "auto"}),
  "script": call => element("script", "src", call, {}),
  "module-script": call => element("script", "src", call, {type: "module"}),
  "stylesheet": call => element("link", "href", call, {rel: "stylesheet"}),
  "font-preload": call => element("link", "href", {...call, crossorigin: "anonymous"}, {rel: "preload", as: "font"}),
  "font-face": call => new FontFace("f", `url(${JSON.stringify(call.url)})`).load().then(() => loaded, () => failed),
  "eventsource": call => new Promise(resolve => {
    const source = new EventSource(call.url, {withCredentials: call.crossorigin === "use-credentials"});
    source.onopen = () => { source.close(); resolve(loaded); };
    source.onerror = () => { source.close(); resolve(failed); };
  }),
  "beacon": async call => { navigator.sendBeacon(call.url, upload(call.body)); return {}; },
  "websocket": call => new Promise(resolve => {
    const socket = new WebSocket(call.url);
    socket.onopen = () => { resolve(loaded); socket.close(); };
    socket.onerror = () => resolve(failed);
  }),
  "worker": call => new Promise(resolve => {
    const worker = new Worker(call.url);
    worker.onmessage = () => { worker.terminate(); resolve(loaded); };
    worker.onerror = () => resolve(failed);
  }),
  "service-worker": call => navigator.serviceWorker.register(call.url).then(
    async registration => { await registration.unregister(); return loaded; }, () => failed),
  "shared-worker": call => new Promise(resolve => {
    const worker = new SharedWorker(call.url);
    worker.port.onmessage = () => resolve(loaded);
    worker.onerror = () => resolve(failed);
  }),
  "track": call => new Promise(resolve => {
    const video = document.createElement("video"), track = document.createElement("track");
    if (call.crossorigin !== null) video.crossOrigin = call.crossorigin;
    track.onload = () => resolve(loaded);
    track.onerror = () => resolve(failed);
    track.default = true;
    track.src = call.url;
    video.append(track);
    document.documentElement.append(video);
  }),
  "css-image": async call => {
    const box = document.createElement("div");
    document.documentElement.append(box);
    box.style.cssText = "width: 9px; height: 9px";
    box.style.backgroundImage = `url(${JSON.stringify(call.url)})`;
    await later(SOON_MS);
    return {};
  },
  "iframe": async call => {
    const frame = document.createElement("iframe");
    const ended = new Promise(resolve => { frame.onload = resolve; });
    frame.src = call.url;
    document.documentElement.append(frame);
    await Promise.race([ended, later(4 * SOON_MS)]);
    frame.remove();
    return {};
  },
  "navigation": call => popup(name => window.open(call.url, name)),
  "form": call => popup(name => {
    const form = document.createElement("form");
    Object.assign(form, {action: call.url, method: call.method, target: name});
    document.documentElement.append(form);
    form.submit();
  }),
};

async function perform(call) {
  try {
    if (call.type === "FetchCall") return await doFetch(call);
    if (call.type === "XhrCall") return await doXhr(call);
    return await loads[call.initiator](call);
  } catch (error) {
    return {error: named(error)};
  }
}

function timing(url) {
  let entries = [];
  try { entries = performance.getEntriesByName(new URL(url, location.origin).href); } catch {}
  return entries.length === 1 ? entries[0].requestStart > 0 : null;
}

async function run(one) {
  const calls = [];
  for (const call of one.calls) {
    if (call.wait) await later(call.wait * 1000);
    const outcome = await Promise.race([perform(call), later(LIMIT_MS).then(() => ({error: "nothing happened"}))]);
    calls.push({...outcome});
  }
  return {number: one.number, calls};
}

async function main() {
  performance.setResourceTimingBufferSize(100000);
  const batch = JSON.parse(document.getElementById("batch").textContent);
  integrity = batch.integrity;
  for (const url of batch.cookies) await fetch(url, {mode: "no-cors", credentials: "include"}).catch(() => {});
  // Firefox forgets what it knows of a host when it looks it up in a new way, as it does at the first calls.
  for (const origin of batch.familiar) {
    for (let time = 0; time < 5; time++) await fetch(origin + "/familiar", {method: "PUT"}).catch(() => {});
  }
  const results = await Promise.all(batch.cases.map(run));
  await later(250);
  batch.cases.forEach((one, index) => one.calls.forEach((call, step) => {
    results[index].calls[step].timing = timing(call.url);
  }));
  await fetch(location.origin + "/result", {method: "POST", mode: "no-cors", body: JSON.stringify(results)});
}

main().catch(error => fetch(location.origin + "/result",
                            {method: "POST", mode: "no-cors", body: JSON.stringify(named(error))}));
