-- A store of schema version 13 on PostgreSQL, as that version left it: three topics of the bundled sample, a job half done.
CREATE TABLE answer_rooms (
    endpoint character varying NOT NULL COLLATE pg_catalog."C",
    model character varying NOT NULL COLLATE pg_catalog."C",
    extra_tokens integer NOT NULL,
    answers bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    updated_at character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE approval_items (
    approval_id character varying NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    topic character varying NOT NULL COLLATE pg_catalog."C",
    count integer NOT NULL,
    strategy character varying NOT NULL COLLATE pg_catalog."C",
    job_id character varying COLLATE pg_catalog."C"
);
CREATE TABLE approvals (
    id character varying NOT NULL COLLATE pg_catalog."C",
    plan_id character varying NOT NULL COLLATE pg_catalog."C",
    approver character varying NOT NULL COLLATE pg_catalog."C",
    channel character varying NOT NULL COLLATE pg_catalog."C",
    created_at character varying NOT NULL COLLATE pg_catalog."C",
    revoked_at character varying COLLATE pg_catalog."C",
    revoked_by character varying COLLATE pg_catalog."C"
);
CREATE TABLE assignments (
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    run integer NOT NULL,
    record_id character varying NOT NULL COLLATE pg_catalog."C",
    topic character varying COLLATE pg_catalog."C",
    likeliest character varying NOT NULL COLLATE pg_catalog."C",
    confidence double precision NOT NULL,
    informative double precision NOT NULL,
    method character varying NOT NULL COLLATE pg_catalog."C",
    decided_by character varying NOT NULL COLLATE pg_catalog."C",
    previous_topic character varying COLLATE pg_catalog."C"
);
CREATE TABLE attempts (
    job_id character varying NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    slot integer NOT NULL,
    status character varying NOT NULL COLLATE pg_catalog."C",
    seed_ids json NOT NULL,
    details json NOT NULL,
    response text,
    gate character varying COLLATE pg_catalog."C",
    evidence text,
    prompt_tokens integer NOT NULL,
    completion_tokens integer NOT NULL,
    verdict text,
    judge_prompt_tokens integer DEFAULT 0 NOT NULL,
    judge_completion_tokens integer DEFAULT 0 NOT NULL,
    reserved_tokens integer DEFAULT 0 NOT NULL,
    scores json,
    draft character varying COLLATE pg_catalog."C",
    holder bigint,
    room integer,
    reserved_picodollars bigint,
    picodollars bigint,
    cached_tokens integer DEFAULT 0 NOT NULL,
    reasoning_tokens integer DEFAULT 0 NOT NULL,
    judge_cached_tokens integer DEFAULT 0 NOT NULL,
    uncounted_calls integer DEFAULT 0 NOT NULL,
    uncounted_tokens bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE budgets (
    approval_id character varying NOT NULL COLLATE pg_catalog."C",
    cap_tokens bigint,
    cap_picodollars bigint,
    spent_tokens bigint NOT NULL,
    spent_picodollars bigint NOT NULL,
    reserved_tokens bigint NOT NULL,
    reserved_picodollars bigint NOT NULL,
    CONSTRAINT settled_once CHECK (((reserved_tokens >= 0) AND (reserved_picodollars >= 0)))
);
CREATE TABLE endpoint_limits (
    endpoint character varying NOT NULL COLLATE pg_catalog."C",
    model character varying NOT NULL COLLATE pg_catalog."C",
    ceiling integer NOT NULL,
    updated_at character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE endpoint_shares (
    endpoint character varying NOT NULL COLLATE pg_catalog."C",
    lease character varying NOT NULL COLLATE pg_catalog."C",
    share integer NOT NULL
);
CREATE TABLE finetune_coverage_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE generated_texts (
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    text_key character varying NOT NULL COLLATE pg_catalog."C",
    record_id character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE jobs (
    id character varying NOT NULL COLLATE pg_catalog."C",
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    approval_id character varying NOT NULL COLLATE pg_catalog."C",
    topic character varying NOT NULL COLLATE pg_catalog."C",
    count integer NOT NULL,
    strategy character varying NOT NULL COLLATE pg_catalog."C",
    model character varying NOT NULL COLLATE pg_catalog."C",
    status character varying NOT NULL COLLATE pg_catalog."C",
    stop_reason text,
    coverage_before json NOT NULL,
    coverage_after json,
    created_at character varying NOT NULL COLLATE pg_catalog."C",
    ended_at character varying COLLATE pg_catalog."C",
    cancel_requested boolean DEFAULT false NOT NULL,
    undone_at character varying COLLATE pg_catalog."C",
    notes json,
    "position" integer DEFAULT 0 NOT NULL
);
CREATE TABLE leases (
    name character varying NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    holder character varying NOT NULL COLLATE pg_catalog."C",
    until double precision NOT NULL
);
CREATE TABLE plans (
    id character varying NOT NULL COLLATE pg_catalog."C",
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    thread_id character varying COLLATE pg_catalog."C",
    dataset_version integer NOT NULL,
    status character varying NOT NULL COLLATE pg_catalog."C",
    items json NOT NULL,
    cap_tokens bigint,
    cap_usd double precision,
    details json NOT NULL,
    created_at character varying NOT NULL COLLATE pg_catalog."C",
    "position" integer DEFAULT 0 NOT NULL
);
CREATE TABLE queued_items (
    approval_id character varying NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    queued_at character varying NOT NULL COLLATE pg_catalog."C",
    failure json
);
CREATE TABLE records (
    "position" bigint NOT NULL,
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    id character varying NOT NULL COLLATE pg_catalog."C",
    topic character varying COLLATE pg_catalog."C",
    other_topics json DEFAULT '[]'::json NOT NULL,
    origin character varying NOT NULL COLLATE pg_catalog."C",
    status character varying NOT NULL COLLATE pg_catalog."C",
    has_assistant_turn boolean NOT NULL,
    is_multi_turn boolean NOT NULL,
    uses_tools boolean NOT NULL,
    source_file character varying COLLATE pg_catalog."C",
    source_line integer,
    topic_field character varying COLLATE pg_catalog."C",
    job_id character varying COLLATE pg_catalog."C",
    provenance json,
    body text NOT NULL
);
CREATE SEQUENCE records_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE records_position_seq OWNED BY records."position";
CREATE TABLE review_reasons (
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    record_id character varying NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    created_at character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE review_rules (
    id bigint NOT NULL,
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    topic character varying COLLATE pg_catalog."C",
    kind character varying NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL,
    created_at character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE review_rules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE review_rules_id_seq OWNED BY review_rules.id;
CREATE TABLE scenario_plans (
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    topic character varying NOT NULL COLLATE pg_catalog."C",
    body json NOT NULL
);
CREATE TABLE slots (
    job_id character varying NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    record_id character varying COLLATE pg_catalog."C"
);
CREATE TABLE topic_counts (
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    topic character varying NOT NULL COLLATE pg_catalog."C",
    records integer NOT NULL,
    synthetic integer NOT NULL,
    multi_turn integer NOT NULL,
    uses_tools integer NOT NULL,
    usable integer NOT NULL
);
CREATE TABLE topic_runs (
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    run integer NOT NULL,
    method character varying NOT NULL COLLATE pg_catalog."C",
    created_at character varying NOT NULL COLLATE pg_catalog."C",
    topics_before json,
    topics_after json
);
CREATE TABLE topics (
    workflow_id character varying NOT NULL COLLATE pg_catalog."C",
    name character varying NOT NULL COLLATE pg_catalog."C",
    description text NOT NULL,
    parent character varying COLLATE pg_catalog."C",
    weight double precision,
    examples json DEFAULT '[]'::json NOT NULL,
    "position" integer DEFAULT 0 NOT NULL
);
CREATE TABLE workflows (
    id character varying NOT NULL COLLATE pg_catalog."C",
    created_at character varying NOT NULL COLLATE pg_catalog."C",
    dataset_version integer NOT NULL,
    branched_from character varying COLLATE pg_catalog."C",
    left_out json
);
ALTER TABLE ONLY records ALTER COLUMN "position" SET DEFAULT nextval('records_position_seq'::regclass);
ALTER TABLE ONLY review_rules ALTER COLUMN id SET DEFAULT nextval('review_rules_id_seq'::regclass);
INSERT INTO answer_rooms VALUES ('http://127.0.0.1:8123/v1', 'mock-model', 0, 2, 0, '2026-12-01T13:25:33.362412+00:00');
INSERT INTO approval_items VALUES ('approval-f64a18e66bdc', 0, 'wf-1', 'technical_issues', 4, 'few_shot', 'job-fd8e5db56d47');
INSERT INTO approvals VALUES ('approval-f64a18e66bdc', 'plan-3f8600aaa73c', 'root', 'cli', '2026-12-01T13:25:18.205285+00:00', NULL, NULL);
INSERT INTO attempts VALUES ('job-fd8e5db56d47', 0, 0, 'accepted', '["21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1"]', '{"situation": "it happens for the first time", "persona": "a busy parent", "tone": "matter-of-fact", "length": "short", "difficulty": "a plain case", "channel": "in a chat window", "opening": "other", "exchanges": 1, "asked_for": "turns: 1 user turn"}', '{"exchanges": [{"user": "Login battery motion error update video restart album. Alert tablet archive update album battery export error.", "assistant": "Crash login restart error update alert print restart. Firmware camera login motion restart camera motion timeline."}]}', NULL, NULL, 150, 30, NULL, 0, 0, 4518, '{"topic": 0.304}', '8919a685af3f433a837f', 1, 0, NULL, NULL, 0, 0, 0, 0, 0);
INSERT INTO attempts VALUES ('job-fd8e5db56d47', 1, 1, 'accepted', '["090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1", "21248c752b1ca33eaaff-1"]', '{"situation": "the person compares two things and wants to know the difference", "persona": "a student", "tone": "polite", "length": "usual", "difficulty": "a case with one complication", "channel": "on a phone", "opening": "other", "exchanges": 1, "asked_for": "turns: 1 user turn"}', '{"exchanges": [{"user": "Browser browser upload firmware login battery widget album. Export export tablet screen motion video timeline laptop.", "assistant": "Backup folder offline export print upload camera login. Error backup laptop alert login alert print screen."}]}', NULL, NULL, 150, 30, NULL, 0, 0, 4550, '{"topic": 0.246}', '8877eec0d2ff8d8aae66', 1, 0, NULL, NULL, 0, 0, 0, 0, 0);
INSERT INTO attempts VALUES ('job-fd8e5db56d47', 2, 2, 'failed', '["fde9f82989df421ff86a-1", "21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1"]', '{"situation": "there is a date or deadline", "persona": "a small-business owner", "tone": "a little annoyed", "length": "very short", "difficulty": "a case that takes thought", "channel": "by email", "opening": "other", "exchanges": 2}', NULL, 'endpoint', 'The endpoint refused the key (401): Incorrect API key provided Check OPENAI_API_KEY and OPENAI_BASE_URL.', 0, 0, NULL, 0, 0, 4942, 'null', '8491dfb2bb061b0e6194', 1, 0, NULL, NULL, 0, 0, 0, 0, 0);
INSERT INTO attempts VALUES ('job-fd8e5db56d47', 3, 3, 'failed', '["21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1"]', '{"situation": "only one of several items is affected", "persona": "a technician", "tone": "friendly and chatty", "length": "usual", "difficulty": "a case that takes thought", "channel": "by email", "opening": "greeting", "exchanges": 2}', NULL, 'not_sent', 'the job had stopped', 0, 0, NULL, 0, 0, 4939, 'null', '1b810b5e2da8eabeaee8', 1, 0, NULL, NULL, 0, 0, 0, 0, 0);
INSERT INTO budgets VALUES ('approval-f64a18e66bdc', 400000, NULL, 360, 0, 0, 0);
INSERT INTO finetune_coverage_version VALUES ('13');
INSERT INTO generated_texts VALUES ('wf-1', '9c1e802e57a93cf5', 'd98cd174ada386a8b7ed-s');
INSERT INTO generated_texts VALUES ('wf-1', '5d2076ae71121bdb', 'd9c992b41874695948ce-s');
INSERT INTO jobs VALUES ('job-fd8e5db56d47', 'wf-1', 'approval-f64a18e66bdc', 'technical_issues', 4, 'few_shot', 'mock-model at http://127.0.0.1:8123/v1', 'running', NULL, '{"balance_score": 0.83, "balance_score_exact": 0.8266666666666667, "effective_score": 0.83, "status": "excellent", "total_records": 12, "topic_distribution": {"billing_questions": 4, "technical_issues": 3, "account_management": 5}, "under_represented": [], "recommendations": ["The balance is excellent (0.83): you can proceed to the grader configuration", "3 topics have fewer than 100 records: ''technical_issues'' (3), ''billing_questions'' (4) and ''account_management'' (5)"], "uncategorized": 0, "untargeted": {}, "below_minimum": ["technical_issues", "billing_questions", "account_management"], "topics": [{"name": "billing_questions", "records": 4, "synthetic": 0, "worth": 0.0, "share": 0.3333333333333333, "target": 0.3333333333333333, "representation": 1.0, "under_represented": false, "below_minimum": true}, {"name": "technical_issues", "records": 3, "synthetic": 0, "worth": 0.0, "share": 0.25, "target": 0.3333333333333333, "representation": 0.75, "under_represented": false, "below_minimum": true}, {"name": "account_management", "records": 5, "synthetic": 0, "worth": 0.0, "share": 0.4166666666666667, "target": 0.3333333333333333, "representation": 1.25, "under_represented": false, "below_minimum": true}], "capped": {}, "additions": {}, "weights": null}', NULL, '2026-12-01T13:25:18.309445+00:00', NULL, false, NULL, '{"taught": {"lessons": [], "rules": [], "in_words": []}, "wanted": [{"facet": "turns", "value": "1 user turn", "record_ids": []}, {"facet": "turns", "value": "1 user turn", "record_ids": []}], "contexts": [{"first_attempt": 0, "description": "", "neighbours": {"billing_questions": "", "account_management": ""}, "seed_ids": ["21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1"], "offset": 0, "profile": "small", "tool_chain": {"negative_share": 0.2}, "usable": 3, "borrowed_ids": [], "defining_tool": null, "scenarios": [], "own": {"personas": [], "situations": [], "axes": {}}}]}', 1);
INSERT INTO leases VALUES ('job job-fd8e5db56d47', 1, 'a worker, process 4869 on a-machine, since 2026-12-01 13:25:18 UTC', 0);
INSERT INTO plans VALUES ('plan-3f8600aaa73c', 'wf-1', NULL, 1, 'approved', '[{"topic": "technical_issues", "count": 4, "strategy": "few_shot"}]', 400000, NULL, '{}', '2026-12-01T13:25:18.202010+00:00', 1);
INSERT INTO records VALUES (1, 'wf-1', '4060e13ddeeac14c7cea-1', 'billing_questions', '[]', 'real', 'active', true, false, false, 'data.jsonl', 1, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "bitcoin ok?"}, {"role": "assistant", "content": "Crypto isn''t accepted. You can pay with Visa, Mastercard, American Express or PayPal, with a Lumeo gift card, by SEPA debit for yearly plans in the EU, or by bank transfer for Pro yearly."}], "topic": "billing_questions"}');
INSERT INTO records VALUES (2, 'wf-1', '9e7aa0452e16d24527ee-1', 'billing_questions', '[]', 'real', 'active', true, false, false, 'data.jsonl', 2, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "I subscribed on January 31st. When am I billed in months that have no 31st? My app says Feb 28 and I don''t want to be shortened"}, {"role": "assistant", "content": "In shorter months you''re billed on the last day, so February 28 (or 29), and on the 31st again where the month has one. You pay 12 times a year either way, so no days are lost."}], "topic": "billing_questions"}');
INSERT INTO records VALUES (3, 'wf-1', '49129cff6d3069d1b04e-1', 'billing_questions', '[]', 'real', 'active', true, false, false, 'data.jsonl', 3, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "Heard rumours that Plus will get more expensive. True? I just paid for a full year and would be pretty mad"}, {"role": "assistant", "content": "No price change is planned as far as I can tell you: Plus remains $4.99 a month or $49.90 a year. And should prices ever change, a year you''ve already paid for isn''t touched; the new price could apply at your renewal at the earliest, with 30 days'' notice by email."}], "topic": "billing_questions"}');
INSERT INTO records VALUES (4, 'wf-1', 'fcc0c4a6d8d2e83ccf1f-1', 'billing_questions', '[]', 'real', 'active', true, false, false, 'data.jsonl', 4, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "Im from Brazil, my bank make a fee for foreign transaction every month because you charge in dollars. It is possible to pay in reais?"}, {"role": "assistant", "content": "Not at the moment: plans bought on our website are charged in US dollars. Two ways around the monthly fee are to pay yearly, so that it comes up only once, or to subscribe in the Android app, because Google Play bills in your local currency."}], "topic": "billing_questions"}');
INSERT INTO records VALUES (5, 'wf-1', '21248c752b1ca33eaaff-1', 'technical_issues', '[]', 'real', 'active', true, true, false, 'data.jsonl', 5, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "The memories widget on my home screen is just a grey rectangle now"}, {"role": "assistant", "content": "That rectangle appears when the widget has no picture it is allowed to show. Is the app itself signed in and loading photos, and is it on an iPhone or an Android phone?"}, {"role": "user", "content": "I''m signed in, it''s a Samsung A54. After I add it again it shows a photo for one minute."}, {"role": "assistant", "content": "Samsung puts Lumeo to sleep, which stops the widget. Open Settings > Battery > Never sleeping apps, add Lumeo, and restart the phone."}], "topic": "technical_issues"}');
INSERT INTO records VALUES (6, 'wf-1', '090ab5eeb330f991ccdc-1', 'technical_issues', '[]', 'real', 'active', true, true, false, 'data.jsonl', 6, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "not getting any motion alerts on my iphone anymore"}, {"role": "assistant", "content": "Two quick checks: in the app, Cameras > your camera > Alerts must have Motion switched on, and in iOS Settings > Notifications > Lumeo the switch Allow Notifications must be on. Are both on, and do you see the motion clips in the camera''s timeline?"}, {"role": "user", "content": "Both are on and the clips are there. The alerts stopped on Sunday after I restored the phone from a backup."}, {"role": "assistant", "content": "Restoring makes the old push registration invalid. Go to Settings > Notifications > Reset push on this device, confirm, and tap \"Send test alert\"."}], "topic": "technical_issues"}');
INSERT INTO records VALUES (7, 'wf-1', 'fde9f82989df421ff86a-1', 'technical_issues', '[]', 'real', 'active', true, true, false, 'data.jsonl', 7, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "Hi, since I bought a new phone I see every picture two times in the timeline. Is very annoying, about 3000 photos."}, {"role": "assistant", "content": "It sounds as if the new phone uploaded its copies again next to the old ones. Open one such pair, tap the three dots > Details on each, and compare \"File name\", \"Size\" and \"Uploaded from\". What differs?"}, {"role": "user", "content": "Same file name, but the size is 3.1 MB on one and 1.4 MB on the other."}, {"role": "assistant", "content": "Then the transfer made smaller copies, and Lumeo takes them for new photos. On the web, open Tools > Find duplicates, choose \"Similar photos\" and tick \"Keep the larger file\"."}], "topic": "technical_issues"}');
INSERT INTO records VALUES (8, 'wf-1', 'ddaf554de47183f73427-1', 'account_management', '[]', 'real', 'active', true, false, false, 'data.jsonl', 8, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "calendar view begins on sunday and dates are american style. i want monday and 31/12"}, {"role": "assistant", "content": "Both are under Settings > Account > Region & formats: set \"First day of week\" to Monday and \"Date format\" to DD/MM/YYYY. They count for your account on all devices."}], "topic": "account_management"}');
INSERT INTO records VALUES (9, 'wf-1', 'a3637e16e0e0a502e361-1', 'account_management', '[]', 'real', 'active', true, false, false, 'data.jsonl', 9, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "i moved out, how do i leave the family group of my old flat and not lose my pics"}, {"role": "assistant", "content": "Copy first, leave second. Your own library goes with you, but pictures others put in the family library don''t, so select the ones you''d like there and tap Save to my library; then use Settings > Family > Leave group."}], "topic": "account_management"}');
INSERT INTO records VALUES (10, 'wf-1', '8ba772be1dbaadd31b65-1', 'account_management', '[]', 'real', 'active', true, false, false, 'data.jsonl', 10, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "Letters are too tiny for me in the app and grey on white is hard with my eyes. Is there a setting in my profile?"}, {"role": "assistant", "content": "There is: Settings > Account > Accessibility. Set \"Text size\" to Large or Extra large and turn on \"High contrast\"; it''s saved in your account, so your tablet and the website change too."}], "topic": "account_management"}');
INSERT INTO records VALUES (11, 'wf-1', 'cda1d550c1b1a440b8fe-1', 'account_management', '[]', 'real', 'active', true, false, false, 'data.jsonl', 11, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "Signing in on the TV by remote is torture, 20 character password with symbols. Any other way?"}, {"role": "assistant", "content": "Pick \"Sign in with phone\" on the TV, scan the QR code using your phone''s camera and approve it in the Lumeo app. The TV shows up as its own entry in Settings > Devices, from where you can sign it out at any time."}], "topic": "account_management"}');
INSERT INTO records VALUES (12, 'wf-1', 'acc9f1d696de6cb5a40b-1', 'account_management', '[]', 'real', 'active', true, false, false, 'data.jsonl', 12, NULL, NULL, NULL, '{"messages": [{"role": "user", "content": "i changed my username to something silly 3 days ago and want my old one back, it says wait 57 days"}, {"role": "assistant", "content": "Going back to your own previous name is the exception to the 60-day rule. On the web open Settings > Profile > Username > Previous names and click Restore; it''s held for you for 90 days, so no one can have taken it."}], "topic": "account_management"}');
INSERT INTO records VALUES (13, 'wf-1', 'd98cd174ada386a8b7ed-s', 'technical_issues', '[]', 'synthetic', 'active', true, false, false, NULL, NULL, NULL, 'job-fd8e5db56d47', '{"job": "job-fd8e5db56d47", "slot": 0, "attempt": 0, "approval": "approval-f64a18e66bdc", "strategy": "few_shot", "seeds": ["21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1"], "examples": [], "drawn": {"situation": "it happens for the first time", "persona": "a busy parent", "tone": "matter-of-fact", "length": "short", "difficulty": "a plain case", "channel": "in a chat window", "opening": "other", "exchanges": 1, "asked_for": "turns: 1 user turn"}, "template": "b9d3785f72a284a4", "model": "mock-model at http://127.0.0.1:8123/v1", "profile": "small", "checks": ["hidden_text", "role_grammar", "artefacts", "refusals", "language", "length", "known_words", "tool_calls", "copied_phrase", "reworded", "exact_duplicate", "near_duplicate", "semantic_duplicate", "topic"], "not_judged": ["topic", "verifier"], "scores": {"topic": 0.304}}', '{"messages": [{"role": "user", "content": "Login battery motion error update video restart album. Alert tablet archive update album battery export error."}, {"role": "assistant", "content": "Crash login restart error update alert print restart. Firmware camera login motion restart camera motion timeline."}], "topic": "technical_issues"}');
INSERT INTO records VALUES (14, 'wf-1', 'd9c992b41874695948ce-s', 'technical_issues', '[]', 'synthetic', 'active', true, false, false, NULL, NULL, NULL, 'job-fd8e5db56d47', '{"job": "job-fd8e5db56d47", "slot": 1, "attempt": 1, "approval": "approval-f64a18e66bdc", "strategy": "few_shot", "seeds": ["090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1", "21248c752b1ca33eaaff-1"], "examples": [], "drawn": {"situation": "the person compares two things and wants to know the difference", "persona": "a student", "tone": "polite", "length": "usual", "difficulty": "a case with one complication", "channel": "on a phone", "opening": "other", "exchanges": 1, "asked_for": "turns: 1 user turn"}, "template": "b9d3785f72a284a4", "model": "mock-model at http://127.0.0.1:8123/v1", "profile": "small", "checks": ["hidden_text", "role_grammar", "artefacts", "refusals", "language", "length", "known_words", "tool_calls", "copied_phrase", "reworded", "exact_duplicate", "near_duplicate", "semantic_duplicate", "topic"], "not_judged": ["topic", "verifier"], "scores": {"topic": 0.246}}', '{"messages": [{"role": "user", "content": "Browser browser upload firmware login battery widget album. Export export tablet screen motion video timeline laptop."}, {"role": "assistant", "content": "Backup folder offline export print upload camera login. Error backup laptop alert login alert print screen."}], "topic": "technical_issues"}');
INSERT INTO slots VALUES ('job-fd8e5db56d47', 2, NULL);
INSERT INTO slots VALUES ('job-fd8e5db56d47', 3, NULL);
INSERT INTO slots VALUES ('job-fd8e5db56d47', 0, 'd98cd174ada386a8b7ed-s');
INSERT INTO slots VALUES ('job-fd8e5db56d47', 1, 'd9c992b41874695948ce-s');
INSERT INTO topic_counts VALUES ('wf-1', 'billing_questions', 4, 0, 0, 0, 4);
INSERT INTO topic_counts VALUES ('wf-1', 'account_management', 5, 0, 0, 0, 5);
INSERT INTO topic_counts VALUES ('wf-1', 'technical_issues', 5, 2, 3, 0, 3);
INSERT INTO workflows VALUES ('wf-1', '2026-12-01T13:25:18.141523+00:00', 3, NULL, NULL);
SELECT pg_catalog.setval('records_position_seq', 14, true);
SELECT pg_catalog.setval('review_rules_id_seq', 1, false);
ALTER TABLE ONLY answer_rooms
    ADD CONSTRAINT answer_rooms_pkey PRIMARY KEY (endpoint, model);
ALTER TABLE ONLY approval_items
    ADD CONSTRAINT approval_items_job_id_key UNIQUE (job_id);
ALTER TABLE ONLY approval_items
    ADD CONSTRAINT approval_items_pkey PRIMARY KEY (approval_id, number);
ALTER TABLE ONLY approvals
    ADD CONSTRAINT approvals_pkey PRIMARY KEY (id);
ALTER TABLE ONLY approvals
    ADD CONSTRAINT approvals_plan_id_key UNIQUE (plan_id);
ALTER TABLE ONLY assignments
    ADD CONSTRAINT assignments_pkey PRIMARY KEY (workflow_id, run, record_id);
ALTER TABLE ONLY attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (job_id, number);
ALTER TABLE ONLY budgets
    ADD CONSTRAINT budgets_pkey PRIMARY KEY (approval_id);
ALTER TABLE ONLY endpoint_limits
    ADD CONSTRAINT endpoint_limits_pkey PRIMARY KEY (endpoint, model);
ALTER TABLE ONLY endpoint_shares
    ADD CONSTRAINT endpoint_shares_pkey PRIMARY KEY (endpoint, lease);
ALTER TABLE ONLY finetune_coverage_version
    ADD CONSTRAINT finetune_coverage_version_pkey PRIMARY KEY (version_num);
ALTER TABLE ONLY generated_texts
    ADD CONSTRAINT generated_texts_pkey PRIMARY KEY (workflow_id, text_key);
ALTER TABLE ONLY jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);
ALTER TABLE ONLY plans
    ADD CONSTRAINT plans_pkey PRIMARY KEY (id);
ALTER TABLE ONLY queued_items
    ADD CONSTRAINT queued_items_pkey PRIMARY KEY (approval_id, number);
ALTER TABLE ONLY records
    ADD CONSTRAINT records_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY review_reasons
    ADD CONSTRAINT review_reasons_pkey PRIMARY KEY (workflow_id, record_id);
ALTER TABLE ONLY review_rules
    ADD CONSTRAINT review_rules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY scenario_plans
    ADD CONSTRAINT scenario_plans_pkey PRIMARY KEY (workflow_id, topic);
ALTER TABLE ONLY slots
    ADD CONSTRAINT slots_pkey PRIMARY KEY (job_id, number);
ALTER TABLE ONLY topic_counts
    ADD CONSTRAINT topic_counts_pkey PRIMARY KEY (workflow_id, topic);
ALTER TABLE ONLY topic_runs
    ADD CONSTRAINT topic_runs_pkey PRIMARY KEY (workflow_id, run);
ALTER TABLE ONLY topics
    ADD CONSTRAINT topics_pkey PRIMARY KEY (workflow_id, name);
ALTER TABLE ONLY workflows
    ADD CONSTRAINT workflows_pkey PRIMARY KEY (id);
CREATE INDEX assignments_by_record ON assignments USING btree (workflow_id, record_id, run);
CREATE INDEX ix_review_rules_workflow_id ON review_rules USING btree (workflow_id);
CREATE INDEX plans_by_thread ON plans USING btree (thread_id, workflow_id, status);
CREATE UNIQUE INDEX records_by_id ON records USING btree (id, workflow_id);
CREATE INDEX records_by_job ON records USING btree (workflow_id, job_id, "position") WHERE (job_id IS NOT NULL);
CREATE INDEX records_by_topic ON records USING btree (topic, workflow_id, status, "position");
CREATE INDEX records_generated ON records USING btree (workflow_id, origin, "position") WHERE ((origin)::text = 'synthetic'::text);
CREATE INDEX records_in_order ON records USING btree (workflow_id, "position");
ALTER TABLE ONLY approval_items
    ADD CONSTRAINT approval_items_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES approvals(id) ON DELETE CASCADE;
ALTER TABLE ONLY approvals
    ADD CONSTRAINT approvals_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans(id) ON DELETE CASCADE;
ALTER TABLE ONLY assignments
    ADD CONSTRAINT assignments_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY attempts
    ADD CONSTRAINT attempts_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE;
ALTER TABLE ONLY budgets
    ADD CONSTRAINT budgets_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES approvals(id) ON DELETE CASCADE;
ALTER TABLE ONLY endpoint_shares
    ADD CONSTRAINT endpoint_shares_lease_fkey FOREIGN KEY (lease) REFERENCES leases(name) ON DELETE CASCADE;
ALTER TABLE ONLY generated_texts
    ADD CONSTRAINT generated_texts_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY jobs
    ADD CONSTRAINT jobs_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY plans
    ADD CONSTRAINT plans_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY queued_items
    ADD CONSTRAINT queued_items_approval_id_number_fkey FOREIGN KEY (approval_id, number) REFERENCES approval_items(approval_id, number) ON DELETE CASCADE;
ALTER TABLE ONLY records
    ADD CONSTRAINT records_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY review_reasons
    ADD CONSTRAINT review_reasons_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY review_rules
    ADD CONSTRAINT review_rules_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY scenario_plans
    ADD CONSTRAINT scenario_plans_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY slots
    ADD CONSTRAINT slots_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE;
ALTER TABLE ONLY topic_counts
    ADD CONSTRAINT topic_counts_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY topic_runs
    ADD CONSTRAINT topic_runs_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
ALTER TABLE ONLY topics
    ADD CONSTRAINT topics_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE;
