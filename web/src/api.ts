// Calls to the public API, nothing else: what the console can do, any client can do.

/** A request that a visitor can send as it is or change first. */
export interface Sample {
  title: string;
  method: "GET" | "POST";
  path: string;
  body: string;
}

/** What came back, with how long it took. */
export interface Answer {
  status: number;
  milliseconds: number;
  headers: [string, string][];
  text: string;
}

const shift = {
  startTime: "2030-05-02T08:00:00",
  startLocation: { latitude: 47.6615, longitude: -122.3131 },
  endTime: "2030-05-02T17:00:00",
  endLocation: { latitude: 47.6615, longitude: -122.3131 },
};

const visit = (name: string, latitude: number, longitude: number) => ({
  name,
  dwellTime: "00:20:00",
  openingTime: "2030-05-02T09:00:00",
  closingTime: "2030-05-02T16:00:00",
  priority: 10,
  location: { latitude, longitude },
});

/** Requests on the bundled map of Seattle's U-District, in both vendors' dialects. */
export const samples: Sample[] = [
  {
    title: "Azure Maps: a route",
    method: "GET",
    path: "/route/directions/json?api-version=1.0&query=47.6615,-122.3131:47.6553,-122.3035",
    body: "",
  },
  {
    title: "Azure Maps: a matrix",
    method: "POST",
    path: "/route/matrix/sync/json?api-version=1.0",
    body: JSON.stringify(
      {
        origins: { type: "MultiPoint", coordinates: [[-122.3131, 47.6615], [-122.3035, 47.6553]] },
        destinations: { type: "MultiPoint", coordinates: [[-122.3357, 47.6612]] },
      },
      null,
      2,
    ),
  },
  {
    title: "Bing Maps: a plan for an agent",
    method: "POST",
    path: "/REST/V1/Routes/OptimizeItinerary",
    body: JSON.stringify(
      {
        agents: [{ name: "Mei", shifts: [shift] }],
        itineraryItems: [
          visit("Ship Canal Bridge", 47.6535, -122.3218),
          visit("Wallingford", 47.6612, -122.3357),
          visit("Montlake", 47.6445, -122.3043),
        ],
      },
      null,
      2,
    ),
  },
];

/** Sends a request; `key` goes where both dialects look for it. */
export async function send(sample: Sample, key: string): Promise<Answer> {
  const url = new URL(sample.path, window.location.origin);
  if (key !== "") {
    url.searchParams.set(url.pathname.toLowerCase().startsWith("/rest/") ? "key" : "subscription-key", key);
  }
  const begun = performance.now();
  const init: RequestInit = { method: sample.method };
  if (sample.method === "POST") {
    init.headers = { "Content-Type": "application/json" };
    init.body = sample.body;
  }
  const response = await fetch(url, init);
  const text = await response.text();
  return {
    status: response.status,
    milliseconds: performance.now() - begun,
    headers: [...response.headers.entries()],
    text: pretty(text),
  };
}

/** Whether the server is ready, and the dataset it answers from. */
export async function readiness(): Promise<{ ready: boolean; detail: string; dataset: string | null }> {
  try {
    const response = await fetch("/readyz");
    const detail = (await response.text()).trim();
    return { ready: response.ok, detail, dataset: response.headers.get("x-roundsman-dataset") };
  } catch {
    return { ready: false, detail: "the server does not answer", dataset: null };
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
