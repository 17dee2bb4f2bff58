// The list of the account's sessions.

const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function since(time) {
  const minutes = Math.round((new Date(time) - Date.now()) / 60_000);
  if (minutes > -60) return ago.format(minutes, "minute");
  if (minutes > -48 * 60) return ago.format(Math.round(minutes / 60), "hour");
  return ago.format(Math.round(minutes / 1440), "day");
}

// device is what a person calls a browser.
function device(userAgent = "") {
  const find = (names) => names.find(([part]) => userAgent.includes(part))?.[1];
  const browser = find([["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrom", "Chrome"], ["Safari/", "Safari"]]);
  const system = find([["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]]);
  return [browser ?? "Some browser", system && `on ${system}`].filter(Boolean).join(" ");
}

// showSessions fills a list; revoke is called with one to end.
export function showSessions(list, sessions, revoke) {
  list.replaceChildren(...sessions.map((session) => {
    const item = document.createElement("li");
    const what = document.createElement("span");
    const detail = document.createElement("small");
    detail.textContent = [session.ip, `used ${since(session.lastSeenAt)}`].filter(Boolean).join(" · ");
    what.append(device(session.userAgent), detail);
    item.append(what, session.current ? here() : endOf(session, revoke));
    return item;
  }));
}

function here() {
  const mark = document.createElement("strong");
  mark.textContent = "this one";
  return mark;
}

function endOf(session, revoke) {
  const end = document.createElement("button");
  Object.assign(end, { type: "button", className: "quiet", textContent: "End" });
  end.setAttribute("aria-label", `End the session of ${device(session.userAgent)}, used ${since(session.lastSeenAt)}`);
  end.onclick = () => {
    end.disabled = true;
    revoke(session);
  };
  return end;
}
