import json, random, pytest, sys
sys.path.insert(0,'/work/main')
from tests.admin.conftest import *
from tests.admin.documents import http_api, cors_plugin, online
from tests.admin.test_refusals import CASES
VALUES=["",10**30,1.5,[],{},"\x00abc","\ud800",[None],"{","1"*5000,[{}]]
def test_fuzz(http, cloud, group):
    api=cloud.create_api_v2(body=http_api("orders", group.id))
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
    pl=cloud.create_plugin(body=cors_plugin("policy-a"))
    ids={"g":group.id,"a":api.id,"p":pl.plugin_id,"e":"DEFAULT_ENVIRONMENT_RELEASE_ID"}
    docs=[
     ("POST","/api-groups",{"name":"x12","remark":"r"}),
     ("PUT",f"/api-groups/{group.id}",{"name":"x12","remark":"r"}),
     ("POST",f"/api-groups/{group.id}/domains",{"url_domain":"a.b.com","min_ssl_version":"TLSv1.1","is_http_redirect_to_https":True,"ingress_http_port":80,"ingress_https_port":443}),
     ("POST","/envs",{"name":"x12","remark":"r"}),
     ("POST","/env-variables",{"group_id":group.id,"env_id":ids["e"],"variable_name":"abc","variable_value":"x"}),
     ("POST","/apis",{**http_api("fuzz",group.id,req_params=[dict(name="q",type="STRING",location="QUERY")],backend_params=[dict(origin="REQUEST",name="q",location="QUERY",value="q")]).to_dict()}),
     ("PUT",f"/apis/{api.id}",{**http_api("fuzz",group.id).to_dict(),"policy_https":[dict(name="pol",effect_mode="ANY",conditions=[dict(condition_origin="source",condition_value="1.1.1.1")],url_domain="a.com",req_protocol="HTTP",req_method="GET",req_uri="/",timeout=5)]}),
     ("POST","/apis/check",{"type":"path","name":"abc","req_method":"GET","req_uri":"/a","match_mode":"NORMAL","group_id":group.id,"api_id":"x"}),
     ("POST","/apis/action",{"action":"online","env_id":ids["e"],"api_id":api.id,"remark":""}),
     ("POST","/apis/publish?action=online",{"apis":[api.id],"env_id":ids["e"],"group_id":group.id,"remark":""}),
     ("PUT",f"/apis/publish/{api.id}",{"version_id":"x"}),
     ("POST","/plugins",{"plugin_name":"abcd","plugin_type":"cors","plugin_scope":"global","plugin_content":json.dumps({"allow_origin":"*"}),"remark":""}),
     ("PUT",f"/plugins/{pl.plugin_id}",{"plugin_name":"abcd","plugin_type":"cors","plugin_scope":"global","plugin_content":json.dumps({"allow_origin":"https://a.example"}),"remark":""}),
     ("POST",f"/plugins/{pl.plugin_id}/attach",{"env_id":ids["e"],"api_ids":[api.id]}),
     ("PUT",f"/plugins/{pl.plugin_id}/detach",{"env_id":ids["e"],"api_ids":[api.id]}),
     ("POST",f"/apis/{api.id}/plugins/attach",{"env_id":ids["e"],"plugin_ids":[pl.plugin_id]}),
     ("POST","/features",{"name":"backend_timeout","enable":True,"config":"{\"max_timeout\":500}"}),
     ("POST","/features",{"name":"request_body_size","enable":True,"config":"104857600"}),
    ]
    bad=[]
    def log(x):
        bad.append(x); open("/tmp/fuzz_out.txt","a").write(repr(x)+"\n")
    def send(m,p,b):
        r=http.request(m,p,content=json.dumps(b),headers={"Content-Type":"application/json"})
        if r.status_code>=500: log((m,p,str(b)[:300],r.text[:300]))
        return r
    def mutations(d):
        for k in list(d):
            for v in VALUES:
                yield {**d,k:v}
            if isinstance(d[k],dict):
                for sub in mutations(d[k]): yield {**d,k:sub}
            if isinstance(d[k],list) and d[k] and isinstance(d[k][0],dict):
                for sub in mutations(d[k][0]): yield {**d,k:[sub]}
    n=0
    for m,p,d in docs:
        for body in mutations(d):
            r=send(m,p,body); n+=1
    # plugin content
    for k in ["allow_origin","allow_methods","allow_headers","expose_headers","max_age","allow_credentials"]:
        for v in VALUES:
            send("POST","/plugins",{"plugin_name":"abcde","plugin_type":"cors","plugin_scope":"global","plugin_content":json.dumps({"allow_origin":"https://a.example",k:v})})
    for v in VALUES:
        send("POST","/features",{"name":"request_body_size","enable":True,"config":json.dumps(v)})
        send("POST","/features",{"name":"backend_timeout","enable":True,"config":json.dumps({"max_timeout":v})})
    from urllib.parse import quote
    lists=["/api-groups","/apis","/envs","/env-variables","/plugins","/features","/instance-features",f"/apis/{api.id}/attached-plugins",f"/apis/{api.id}/attachable-plugins",f"/plugins/{pl.plugin_id}/attached-apis",f"/plugins/{pl.plugin_id}/attachable-apis",f"/apis/publish/{api.id}",f"/apis/runtime/{api.id}",f"/api-groups/{group.id}/gateway-responses",""]
    QV=["9"*30,"%00","%ff","１","--1"]
    for l in lists:
        for q in ["offset","limit","id","name","precise_search","group_id","req_uri","type","tags","env_id","env_name","plugin_type","return_data_mode","variable_name","unknown","api_name","req_method","plugin_name","plugin_id","api_id"]:
            for v in QV:
                r=http.get(f"{l}?{q}={v}"); n+=1
                if r.status_code>=500: log((l,q,v[:30],r.text[:200]))
    for pth in ["/api-groups/%s","/apis/%s","/plugins/%s","/env-variables/%s","/apis/versions/%s","/apis/publish/%s","/apis/runtime/%s","/api-groups/%s/gateway-responses",f"/api-groups/{group.id}/gateway-responses/%s"]:
        for v in ["%00","%ff","%ed%a0%80","a"*5000,"..","%2e%2e","%2F","'","%20","名"]:
            for m in ["GET","DELETE"]:
                r=http.request(m,pth%v); n+=1
                if r.status_code>=500: log((m,pth,v[:30],r.text[:200]))
    print(n,len(bad))
    for b in bad[:60]: print(b)
    assert not bad
