-- A workload with fixed results: everything is computed from row numbers.
pragma journal_mode = wal;
pragma cache_size = 300;
create table person (id integer primary key, name text, town integer, born real, note blob);
create table town (id integer primary key, name text unique);
begin;
insert into town select value, 'town ' || hex(value * 7919 % 1009) from generate_series(1, 400);
insert into person select value, 'person ' || (value * 31 % 997), value * 7 % 400 + 1, value * 0.37,
    zeroblob(value % 700) from generate_series(1, 40000);
commit;
create index person_name on person (name, born);
create index person_town on person (town) where id % 3 = 0;
analyze;
select town.name, count(*), round(sum(born), 3), group_concat(person.name, '/') from person
    join town on town.id = person.town where person.id < 3000 group by town.name order by 2 desc, 1 limit 10;
select name, born, rank() over (partition by town order by born desc, id) as place
    from person where town < 20 order by place, name, born limit 20;
with recursive tree (node, depth) as (select 1, 0 union all select node * 2, depth + 1 from tree where depth < 14
    union all select node * 2 + 1, depth + 1 from tree where depth < 9)
    select depth, count(*), max(node) from tree group by depth order by depth;
update person set note = zeroblob(0), name = upper(name) where id % 11 = 0;
delete from person where id % 13 = 0;
create virtual table words using fts5 (body);
insert into words select 'alpha beta ' || (value % 50) || ' gamma ' || (value * value % 301) from generate_series(1, 5000);
select count(*), max(rowid) from words where words match 'gamma AND 44';
select json_extract(json_group_array(json_object('id', id, 'name', name)), '$[100]') from person where id < 2000;
select count(*), sum(length(note)), total(born), min(name), max(name) from person;
create table copied as select * from person order by name desc, id;
select sum(id * rowid) from copied;
alter table copied add column extra text default 'nothing';
update copied set extra = printf('%08.3f', born) where town between 50 and 60;
drop table words;
pragma wal_checkpoint (truncate);
vacuum;
pragma integrity_check;
pragma journal_mode = delete;
.output dump.sql
.dump town
.output stdout
select 'ended';
