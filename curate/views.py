"""SQL views for people who ask the database with a tool of their own.

Every upgrade of the database drops them and makes them anew, so a changed view needs a revision, be it an empty one.
"""

VIEWS: dict[str, str] = {
    # the verdict of each person on each image that holds now: the last event that was not taken back
    "v_labels": """
        select l.seq, l.uuid, i.sha256, l.image_id, p.name as labeler, l.verdict, l.reason, l.decided, l.received,
               l.milliseconds, l.how, l.rendition, l.purpose
        from labels l
        join images i on i.id = l.image_id
        join labelers p on p.id = l.labeler_id
        where l.verdict <> 'undo'
          and not exists (select 1 from labels u where u.undoes = l.uuid)
          and not exists (
              select 1 from labels n
              where n.image_id = l.image_id and n.labeler_id = l.labeler_id and n.seq > l.seq and n.verdict <> 'undo'
                and not exists (select 1 from labels u where u.undoes = n.uuid))
    """,
    # one row an image: the people's verdicts counted, and the majority (null on a tie or without any)
    "v_verdicts": """
        select image_id,
               sum(case when verdict = 'good' then 1 else 0 end) as good,
               sum(case when verdict = 'bad' then 1 else 0 end) as bad,
               sum(case when verdict = 'skip' then 1 else 0 end) as skipped,
               case when sum(case when verdict = 'good' then 1 else 0 end)
                       > sum(case when verdict = 'bad' then 1 else 0 end) then 'good'
                    when sum(case when verdict = 'good' then 1 else 0 end)
                       < sum(case when verdict = 'bad' then 1 else 0 end) then 'bad'
               end as verdict
        from v_labels group by image_id
    """,
    # one row an image: where it lies (one of its files), its main face and what people said
    "v_images": """
        select i.id, i.sha256, (select min(f.path) from files f where f.image_id = i.id and f.state = 'ok') as path,
               i.width, i.height, i.format, i.bytes,
               (select count(*) from faces c where c.image_id = i.id) as faces,
               a.score as face_score, a.right - a.left as face_size, a.yaw, a.pitch, a.roll,
               v.good, v.bad, v.skipped, v.verdict, q.quality
        from images i
        left join faces a on a.image_id = i.id and a.rank = 0
        left join v_verdicts v on v.image_id = i.id
        left join predictions q on q.image_id = i.id
    """,
    # the newest version of each selection, an image a row, with the reason where it was left out
    "v_selections": """
        select s.name, s.version, i.sha256, m.image_id,
               (select min(f.path) from files f where f.image_id = i.id) as path, m.kept, m.rule, m.reason
        from selections s
        join selection_images m on m.selection_id = s.id
        join images i on i.id = m.image_id
        where s.version = (select max(o.version) from selections o where o.name = s.name)
    """,
    # files that could not be used, and why
    "v_bad_files": "select path, state, reason, bytes, seen from files where state <> 'ok'",
}
