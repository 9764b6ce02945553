// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { DodoErc20 } from "./DodoErc20.sol";
import { DodoOwnable } from "./DodoOwnable.sol";

/// @title DodoApprove
/// @notice Twin of DODOEX/contractV2 `SmartRoute/DODOApprove.sol`: what a user of DODO's routers approves.
/// @dev Reproduces: only one contract may pull (`DODOApprove:Access restricted`), replaced by the owner after 3 days, or a
/// day when there is none (`SetProxy is timelocked`); a token's own reason is lost (`SafeERC20: low-level call failed`).
/// Leaves out: nothing.
contract DodoApprove is DodoOwnable {
    uint256 public _TIMELOCK_;
    address public _PENDING_DODO_PROXY_;
    address public _DODO_PROXY_;

    event SetDODOProxy(address indexed oldProxy, address indexed newProxy);

    function init(address owner, address initProxyAddress) external {
        initOwner(owner);
        _DODO_PROXY_ = initProxyAddress;
    }

    function unlockSetProxy(address newDodoProxy) external onlyOwner {
        _TIMELOCK_ = block.timestamp + (_DODO_PROXY_ == address(0) ? 24 hours : 3 days);
        _PENDING_DODO_PROXY_ = newDodoProxy;
    }

    function lockSetProxy() public onlyOwner {
        _PENDING_DODO_PROXY_ = address(0);
        _TIMELOCK_ = 0;
    }

    function setDODOProxy() external onlyOwner {
        require(_TIMELOCK_ <= block.timestamp, "SetProxy is timelocked");
        emit SetDODOProxy(_DODO_PROXY_, _PENDING_DODO_PROXY_);
        _DODO_PROXY_ = _PENDING_DODO_PROXY_;
        lockSetProxy();
    }

    function claimTokens(address token, address who, address dest, uint256 amount) external {
        require(msg.sender == _DODO_PROXY_, "DODOApprove:Access restricted");
        if (amount > 0) DodoErc20.take(token, who, dest, amount);
    }

    function getDODOProxy() external view returns (address) {
        return _DODO_PROXY_;
    }
}

/// @title DodoApproveProxy
/// @notice Twin of DODOEX/contractV2 `SmartRoute/DODOApproveProxy.sol`: the list of routers that may pull.
/// @dev Reproduces: `DODOApproveProxy:Access restricted` for a router that is not listed, 3 days to add one
/// (`SetProxy is timelocked`), removal at once. Leaves out: nothing.
contract DodoApproveProxy is DodoOwnable {
    address public immutable _DODO_APPROVE_;
    mapping(address proxy => bool allowed) public _IS_ALLOWED_PROXY_;
    uint256 public _TIMELOCK_;
    address public _PENDING_ADD_DODO_PROXY_;

    constructor(address dodoApprove) {
        _DODO_APPROVE_ = dodoApprove;
    }

    function init(address owner, address[] calldata proxies) external {
        initOwner(owner);
        for (uint256 n = 0; n < proxies.length; n++) _IS_ALLOWED_PROXY_[proxies[n]] = true;
    }

    function unlockAddProxy(address newDodoProxy) external onlyOwner {
        _TIMELOCK_ = block.timestamp + 3 days;
        _PENDING_ADD_DODO_PROXY_ = newDodoProxy;
    }

    function lockAddProxy() public onlyOwner {
        _PENDING_ADD_DODO_PROXY_ = address(0);
        _TIMELOCK_ = 0;
    }

    function addDODOProxy() external onlyOwner {
        require(_TIMELOCK_ <= block.timestamp, "SetProxy is timelocked");
        _IS_ALLOWED_PROXY_[_PENDING_ADD_DODO_PROXY_] = true;
        lockAddProxy();
    }

    function removeDODOProxy(address oldDodoProxy) external onlyOwner {
        _IS_ALLOWED_PROXY_[oldDodoProxy] = false;
    }

    function claimTokens(address token, address who, address dest, uint256 amount) external {
        require(_IS_ALLOWED_PROXY_[msg.sender], "DODOApproveProxy:Access restricted");
        DodoApprove(_DODO_APPROVE_).claimTokens(token, who, dest, amount);
    }

    function isAllowedProxy(address proxy) external view returns (bool) {
        return _IS_ALLOWED_PROXY_[proxy];
    }
}
