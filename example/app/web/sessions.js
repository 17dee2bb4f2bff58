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

// showSessions fills a list; revoke is called with the id of one to end.
export function showSessions(list, sessions, revoke) {
  list.replaceChildren(...sessions.map((session) => {
    const item = document.createElement("li");
    const what = document.createElement("span");
    what.textContent = `${device(session.userAgent)}${session.ip ? ", " + session.ip : ""}: used ${since(session.lastSeenAt)}`;
    item.append(what);
    if (session.current) {
      const here = document.createElement("strong");
      here.textContent = "this one";
      item.append(here);
    } else {
      const end = document.createElement("button");
      end.type = "button";
      end.className = "quiet";
      end.textContent = "End";
      end.setAttribute("aria-label", `End the session of ${what.textContent}`);
      end.onclick = () => {
        end.disabled = true;
        revoke(session.id);
      };
      item.append(end);
    }
    return item;
  }));
}
